/* Who buys and where it goes: customer, e-mail and telephone, addresses. */
#include "sim/ordertemplate.h"

#include <stdio.h>

/* e-mail: the customer's number makes it his; the same number always has the same persona. */
void write_email(struct writer *w, const char *key, bool upper)
{
    write_text_number(w, key, upper ? " Shopper." : "shopper.", NUMBER_SHOPPER, 0,
                      upper ? "@Example.COM" : "@example.com");
}

static void write_order_email(struct writer *w)
{
    bool phone_only = w->plan->customer == CUSTOMER_PHONE_ONLY;
    switch (phone_only ? EMAIL_EMPTY : w->plan->email) {
    case EMAIL_SET:
        write_email(w, "email", false);
        write_email(w, "contact_email", false);
        break;
    case EMAIL_EMPTY:
        encoder_string(w->encoder, "email", "");
        encoder_null(w->encoder, "contact_email");
        break;
    case EMAIL_OTHER:
        write_text_number(w, "email", "office.", NUMBER_SHOPPER, 0, "@example.org");
        break;
    case EMAIL_UPPER:
        write_email(w, "email", true);
        break;
    case EMAIL_MISSING:
        break;
    }
}

static void write_phone(struct writer *w, const char *key)
{
    write_text_number(w, key, "+1 (555) ", NUMBER_SHOPPER, 0, "");
}

static void write_consents(struct writer *w)
{
    struct encoder *e = w->encoder;
    if (w->plan->generation < GENERATION_2023_07) {
        encoder_bool(e, "accepts_marketing", w->plan->tags);
        write_time(w, "accepts_marketing_updated_at", -86400);
        encoder_null(e, "marketing_opt_in_level");
        return;
    }
    encoder_map_open(e, "email_marketing_consent");
    encoder_string(e, "state", w->plan->tags ? "subscribed" : "not_subscribed");
    encoder_string(e, "opt_in_level", "single_opt_in");
    encoder_null(e, "consent_updated_at");
    encoder_close(e);
    if (w->plan->customer != CUSTOMER_PHONE_ONLY) {
        encoder_null(e, "sms_marketing_consent");
        return;
    }
    encoder_map_open(e, "sms_marketing_consent");
    encoder_string(e, "state", "subscribed");
    encoder_string(e, "opt_in_level", "confirmed_opt_in");
    write_time(w, "consent_updated_at", -3600);
    encoder_string(e, "consent_collected_from", "OTHER");
    encoder_close(e);
}

static void write_address_fields(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct persona *p = w->persona;
    char name[160];
    snprintf(name, sizeof(name), "%s %s", w->first_name, p->last);
    encoder_string(e, "first_name", w->first_name);
    encoder_string(e, "last_name", p->last);
    encoder_string(e, "name", name);
    encoder_string(e, "company", w->plan->b2b ? "Küste & Co. KG" : NULL);
    encoder_string(e, "address1", p->street);
    encoder_string(e, "address2", w->plan->note ? "" : NULL);
    encoder_string(e, "city", p->city);
    encoder_string(e, "province", p->province);
    encoder_string(e, "province_code", p->province_code);
    encoder_string(e, "country", p->country);
    encoder_string(e, "country_code", p->country_code);
    encoder_string(e, "zip", p->zip);
    write_phone(w, "phone");
}

static void write_default_address(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, "default_address");
    write_number(w, "id", NUMBER_CUSTOMER, 1000000);
    write_number(w, "customer_id", NUMBER_CUSTOMER, 0);
    write_address_fields(w);
    encoder_string(e, "country_name", w->persona->country);
    encoder_bool(e, "default", true);
    encoder_close(e);
}

static void write_customer_names(struct writer *w)
{
    struct encoder *e = w->encoder;
    bool phone_only = w->plan->customer == CUSTOMER_PHONE_ONLY;
    if (phone_only)
        encoder_null(e, "email");
    else
        write_email(w, "email", false);
    if (phone_only || w->plan->note)
        write_phone(w, "phone");
    else
        encoder_null(e, "phone");
    encoder_string(e, "first_name", w->first_name);
    encoder_string(e, "last_name", w->persona->last);
}

void write_customer(struct writer *w)
{
    struct encoder *e = w->encoder;
    write_order_email(w);
    if (w->plan->customer == CUSTOMER_PHONE_ONLY)
        write_phone(w, "phone");
    else
        encoder_null(e, "phone");
    if (w->plan->customer == CUSTOMER_NULL)
        encoder_null(e, "customer");
    if (w->plan->customer == CUSTOMER_NULL || w->plan->customer == CUSTOMER_MISSING)
        return;
    encoder_map_open(e, "customer");
    write_number(w, "id", NUMBER_CUSTOMER, 0);
    write_gid(w, "admin_graphql_api_id", "Customer", NUMBER_CUSTOMER, 0);
    write_customer_names(w);
    write_time(w, "created_at", -900000);
    write_time(w, "updated_at", 60);
    encoder_string(e, "state", w->plan->customer == CUSTOMER_GUEST ? "disabled" : "enabled");
    encoder_null(e, "note");
    encoder_bool(e, "verified_email", w->plan->customer != CUSTOMER_PHONE_ONLY);
    encoder_null(e, "multipass_identifier");
    encoder_bool(e, "tax_exempt", w->plan->b2b);
    write_empty_array(w, "tax_exemptions");
    encoder_string(e, "tags", w->plan->tags ? "newsletter, Stammkunde" : "");
    encoder_string(e, "currency", w->plan->currency->code);
    write_consents(w);
    if (w->plan->customer == CUSTOMER_FULL)
        write_default_address(w);
    encoder_close(e);
}

static void write_address(struct writer *w, const char *key)
{
    encoder_map_open(w->encoder, key);
    write_address_fields(w);
    if (w->plan->tags) {
        encoder_double(w->encoder, "latitude", 53.2706507);
        encoder_double(w->encoder, "longitude", -9.0567907);
    } else {
        encoder_null(w->encoder, "latitude");
        encoder_null(w->encoder, "longitude");
    }
    encoder_close(w->encoder);
}

void write_addresses(struct writer *w)
{
    if (w->plan->addresses == ABSENCE_MISSING)
        return;
    if (w->plan->addresses == ABSENCE_NULL || w->plan->pos) {
        encoder_null(w->encoder, "billing_address");
        encoder_null(w->encoder, "shipping_address");
        return;
    }
    write_address(w, "billing_address");
    if (w->plan->digital)
        encoder_null(w->encoder, "shipping_address");
    else
        write_address(w, "shipping_address");
}
