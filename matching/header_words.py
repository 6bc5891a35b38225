"""The names under which files keep what we know: header words and their fields."""

from __future__ import annotations

import re

from matching.folding import fold, word_set
from matching.records import FieldType

_SYNONYMS = {
    "first_name": """
        first_name firstname first fname given_name givenname given forename fore_name christian_name name_first
        first_nm f_name""",
    "middle_name": """
        middle_name middlename middle mname middle_initial mi m_name name_middle middle_nm middle_names
        second_name""",
    "last_name": """
        last_name lastname last lname surname sur_name family_name familyname family name_last last_nm l_name
        sname""",
    "suffix": "suffix name_suffix generation gen_suffix suffix_name generational_suffix",
    "full_name": """
        full_name fullname name customer_name contact_name person_name client_name owner_name owner display_name
        first_and_surname first_last caller_name recipient_name insured_name insured claimant claimant_name
        homeowner homeowner_name grantee grantee_name policyholder policyholder_name patient_name whole_name contact
        customer owner_1 owner1""",
    "date_of_birth": """
        date_of_birth dateofbirth dob birth_date birthdate birthday d_o_b birth_dt dt_of_birth bdate born
        date_birth""",
    "sex": "sex gender sex_code gender_code",
    "email": """
        email e_mail email_address emailaddress mail e_mail_address email_id contact_email
        user_email email_addr""",
    "phone": """
        phone phone_number phonenumber phone_no telephone telephone_number tel tel_no mobile mobile_phone
        mobile_number mobile_no cell cell_phone cellphone cell_number caller_number caller_id caller_phone
        callerid from_number calling_number ani callback_number callback home_phone homephone workphone other_phone
        work_phone daytime_phone day_phone evening_phone
        contact_number phone_num msisdn contact_phone sms_number from_phone primary_phone landline""",
    "street_address": """
        street_address streetaddress address street addr address_1 address1 address_line_1 address_line1 addr1
        addr_1 line1 line_1 street_1 street1 street_name mailing_address home_address property_address
        site_address situs_address situs service_address full_address residence residential_address
        postal_address location_address loss_location loss_address risk_address job_address address_line street_line_1
        house_address""",
    "street_number": "street_number house_number house_no street_no streetnumber housenumber house_num street_num",
    "unit": """
        unit apt apartment unit_number apt_number apt_no unit_no suite ste address_2 address2 address_line_2
        address_line2 addr2 addr_2 line2 line_2 street_2 street2 apartment_number flat flat_number unit_num""",
    "city": "city town municipality suburb locality city_name town_name post_town village",
    "state": "state province region state_code state_abbr st state_name state_province us_state",
    "zip": """
        zip zip_code zipcode postcode post_code postal_code postalcode postal zip5 zip_5 postcode_fake plz
        zip_postal_code""",
    "device_id": """
        device_id deviceid device advertising_id idfa gaid aaid android_id mobile_ad_id maid idfv
        device_advertising_id advertisingid vendor_id""",
    "cookie_id": """
        cookie_id cookieid cookie user_pseudo_id client_id clientid ga_client_id ga_cookie ga4_cookie visitor_id
        visitorid anonymous_id anonymousid ga_id browser_id fpid fbp mc_visitor_id""",
    "crm_id": """
        crm_id crmid customer_id customerid customer_number customer_no cust_id custid contact_id contactid
        account_id accountid account_number lead_id leadid client_number salesforce_id hubspot_id member_id
        user_id userid crm_contact_id crm crm_number""",
    "property_id": """
        property_id propertyid parcel_id parcelid parcel parcel_number apn pin account_num prop_id building_id
        situs_id parcel_no assessor_parcel_number""",
    "seen_at": """
        seen_at last_seen last_seen_at event_timestamp event_time event_date timestamp ts occurred_at event_at
        datetime date_time created_at created updated_at updated modified_at modified last_modified created_date
        create_date date_created date_updated updated_date visit_date visited_at call_time call_date called_at
        call_start start_time started_at knocked_at knock_date knock_time session_start claim_date reported_at
        loss_date date_of_loss sale_date recorded_at submitted_at submit_date signup_date registration_date date
        time event_datetime as_of effective_date""",
    "record_id": "record_id recordid rec_id recid unique_id uniqueid row_id rowid id uid uuid guid pk key record_key",
    "source": "source source_system data_source source_name src system source_id origin_system",
}  # fmt: skip

FIELD_OF = {word: name for name, listed in _SYNONYMS.items() for word in listed.split()}

# Names of columns that tell of an event, a sum or a place on the map, not of a person.
NOT_OF_A_PERSON = word_set("""
        campaign medium channel utm_source utm_medium utm_campaign utm_term utm_content gclid fbclid referrer
        referer url page page_url page_location page_path page_title landing_page event_name event event_type
        action disposition outcome result status stage notes note comment comments description message subject
        duration duration_seconds amount value price revenue total cost balance lat lon lng latitude longitude
        title salutation prefix honorific user_agent browser os platform rep rep_id rep_name agent agent_id
        employee_id session_id ga_session_id sessionid engagement_time_msec year_built sqft square_feet
        living_area assessed_value market_value land_value bedrooms bathrooms deductible claim_amount roof_age
        roof_type traffic_source device_category tags tag zip4 zip_4 plus4 plus_4 zip_plus_4 zip_plus4""")

EXTRA_WORDS: tuple[tuple[re.Pattern[str], FieldType], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (
            r"(^|_)(ssn|sin|nino|tin|soc_sec_id|social_security\w*|national_id|passport\w*|licen[cs]e\w*)$",
            FieldType.CODE,
        ),
        (r"(^|_)(policy|claim|loan|vin|tax)_?(id|no|num|number)$", FieldType.CODE),
        (r"(^|_)(maiden|nick|alias|preferred|middle|aka|spouse|mother|father)_?(name)?$", FieldType.NAME),
        (r"(^|_)(place|town|city|village|county|country|nationality|parish|district|birthplace)$", FieldType.PLACE),
        (r"(^|_)(dob|birth_?date|birthday)$", FieldType.DATE),
        (r"(^|_)(occupation|job|profession|race|ethnicity|marital_status|language|religion)$", FieldType.CATEGORY),
        (r"(^|_)ip(_?address)?$", FieldType.TEXT),
    )
)

_OWNERS = word_set("""
        customer cust client contact owner homeowner lead person billing mailing home primary main user caller
        member patient borrower insured claimant property site service shipping applicant visitor policyholder
        resident prospect current crm situs mail callback alt alternate secondary grantee
        loss risk job my raw orig original buyer seller recipient sender best preferred""")


def header_word(column: str) -> str:
    """A header in snake_case: 'First Name', 'firstName' and 'FIRST_NAME' are all first_name."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^a-z0-9]+", "_", fold(apart)).strip("_")


def field_of(column: str) -> str | None:
    """Which field does this header name, whoever's it is and however it is counted ('billing_zip', 'Email 1')?"""
    word = header_word(column)
    if word in FIELD_OF:
        return FIELD_OF[word]
    if word in NOT_OF_A_PERSON:
        return None
    tokens = re.sub(r"_?\d$", "", word).split("_")
    while tokens:
        if (found := FIELD_OF.get("_".join(tokens))) is not None:
            return None if found in ("record_id", "source") else found
        if tokens[0] not in _OWNERS:
            return None
        tokens = tokens[1:]
    return None


def extra_type_of(column: str) -> FieldType | None:
    """Which matching type does this header tell, for a column that is no canonical field?"""
    word = header_word(column)
    return next((kind for pattern, kind in EXTRA_WORDS if pattern.search(word)), None)
