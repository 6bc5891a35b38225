"""What do friends call a William? The short forms of common American first names."""

from __future__ import annotations

_LISTED = """
Abigail Abby|Albert Al Bert|Alexander Alex Sasha|Alexandra Alex Sandra Lexi|Alexis Lexi Alex|Alfred Fred Al
Allison Allie|Amanda Mandy|Andrea Andie|Andrew Andy Drew|Angela Angie|Anthony Tony|Antonio Tony|Arthur Art
Barbara Barb Babs|Benjamin Ben Benny|Beverly Bev|Bradley Brad|Brandon Brand|Calvin Cal|Carol Carrie
Catherine Cathy Cate Kate|Charles Charlie Chuck|Charlotte Charlie Lottie|Cheryl Cher|Christina Tina Chris
Christine Chris Tina|Christopher Chris Topher|Cynthia Cindy|Daniel Dan Danny|David Dave Davey|Deborah Deb Debbie
Debra Deb Debbie|Dennis Denny|Diana Di|Donald Don Donnie|Dorothy Dot Dottie|Douglas Doug|Edward Ed Eddie Ted
Eleanor Ellie Nell|Elizabeth Liz Beth Betsy Lizzie|Emily Em|Eugene Gene|Evelyn Evie|Frances Fran Frannie
Francis Frank|Francisco Paco Frank|Franklin Frank|Frederick Fred|Gabriel Gabe|Geoffrey Geoff|George Georgie
Gerald Jerry|Gloria Glo|Gregory Greg|Harold Hal Harry|Henry Hank Harry|Isabella Bella Izzy|Jacob Jake
Jacqueline Jackie|James Jim Jimmy Jamie|Janet Jan|Jeffrey Jeff|Jennifer Jen Jenny|Jeremy Jerry|Jessica Jess Jessie
Jesus Chuy|Joan Joanie|John Jack Johnny|Jonathan Jon Jonny|Jose Pepe Joe|Joseph Joe Joey|Joshua Josh|Joyce Joy
Juan Johnny|Judith Judy|Judy Jude|Julia Julie|Justin Jay|Katherine Kate Katie Kathy|Kathleen Kathy Kath
Kathryn Kathy Kate|Kenneth Ken Kenny|Kevin Kev|Kimberly Kim|Kristin Kris|Larry Lars|Lawrence Larry|Leonard Len Lenny
Linda Lin|Lori Lo|Louis Lou|Madison Maddie|Manuel Manny|Margaret Maggie Peg Meg|Maria Mari|Marilyn Lynn|Martha Marty
Martin Marty|Mary Molly Polly|Matthew Matt|Megan Meg|Melissa Missy Mel|Michael Mike Mikey Mick|Michelle Shelly
Miguel Mike|Mildred Millie|Nancy Nan|Natalie Nat|Nathan Nate|Nathaniel Nate Nat|Nicholas Nick Nicky|Nicole Nikki
Olivia Liv Livvy|Pamela Pam|Patricia Pat Patty Trish|Patrick Pat Paddy|Peter Pete|Philip Phil|Phillip Phil
Rachel Rach|Randall Randy|Raymond Ray|Rebecca Becky Becca|Ricardo Rick|Richard Rick Dick Rich|Robert Bob Rob Bobby
Roberto Beto|Roger Rog|Ronald Ron Ronnie|Russell Russ|Ruth Ruthie|Samantha Sam|Samuel Sam Sammy|Sandra Sandy
Sarah Sally|Sharon Shari|Shirley Shirl|Sophia Sophie|Stephanie Steph|Stephen Steve|Steven Steve|Susan Sue Susie
Tamara Tammy|Teresa Terry Tess|Theodore Ted Theo|Theresa Terry Tess|Thomas Tom Tommy|Timothy Tim Timmy|Tyler Ty
Valerie Val|Victor Vic|Victoria Vicky Tori|Vincent Vince Vinny|Virginia Ginny|Walter Walt Wally
William Bill Will Billy|Zachary Zach
"""

NICKNAMES: dict[str, tuple[str, ...]] = {
    words[0]: tuple(words[1:])
    for words in (entry.split() for line in _LISTED.split("\n") for entry in line.split("|"))
    if words
}
