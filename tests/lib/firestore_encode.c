/* Encoding by protobuf-c. */
#include "lib/firestore_encode.h"

#include <string.h>

#include "source/firestore.pb-c.h"

#define NS_PER_S 1000000000LL
#define SECONDS_MAX 253402300799LL

typedef Google__Firestore__V1__Value pb_value;
typedef Google__Firestore__V1__MapValue pb_map;
typedef Google__Firestore__V1__MapValue__FieldsEntry pb_map_entry;
typedef Google__Firestore__V1__ArrayValue pb_array;
typedef Google__Firestore__V1__Document__FieldsEntry pb_entry;
typedef Google__Firestore__V1__Timestamp pb_time;
typedef Google__Firestore__V1__LatLng pb_geo;

#define CASE(name) GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_##name

static pb_value *encode(struct value *value, struct arena *arena);

static ProtobufCBinaryData binary(struct str text)
{
    return (ProtobufCBinaryData){.len = text.len, .data = (uint8_t *)(uintptr_t)text.data};
}

static pb_time *encode_time(int64_t seconds, int32_t nanos, struct arena *arena)
{
    pb_time *time = arena_alloc(arena, sizeof(*time));
    google__firestore__v1__timestamp__init(time);
    time->seconds = seconds;
    time->nanos = nanos;
    return time;
}

static pb_map *encode_map(struct value *value, struct arena *arena)
{
    pb_map *map = arena_alloc(arena, sizeof(*map));
    google__firestore__v1__map_value__init(map);
    map->n_fields = value->map.count;
    map->fields = arena_alloc(arena, map->n_fields * sizeof(*map->fields));
    for (size_t i = 0; i < map->n_fields; i++) {
        map->fields[i] = arena_alloc(arena, sizeof(pb_map_entry));
        google__firestore__v1__map_value__fields_entry__init(map->fields[i]);
        map->fields[i]->key = binary(value->map.entries[i].key);
        map->fields[i]->value = encode(&value->map.entries[i].value, arena);
    }
    return map;
}

static pb_array *encode_array(struct value *value, struct arena *arena)
{
    pb_array *array = arena_alloc(arena, sizeof(*array));
    google__firestore__v1__array_value__init(array);
    array->n_values = value->array.count;
    array->values = arena_alloc(arena, array->n_values * sizeof(*array->values));
    for (size_t i = 0; i < array->n_values; i++)
        array->values[i] = encode(&value->array.items[i], arena);
    return array;
}

static pb_geo *encode_geo(const struct value *value, struct arena *arena)
{
    pb_geo *geo = arena_alloc(arena, sizeof(*geo));
    google__firestore__v1__lat_lng__init(geo);
    geo->latitude = value->geo.latitude;
    geo->longitude = value->geo.longitude;
    return geo;
}

/* Of what the tree's generator makes, what Firestore could hold. */
static void normalise(struct value *value, struct arena *arena)
{
    if (value->kind == VALUE_DOUBLE)
        value->real.literal = STR_NULL;
    /* protobuf-c takes a plain -0.0 for the default and leaves it out. */
    if (value->kind == VALUE_GEO && value->geo.latitude == 0)
        value->geo.latitude = 0;
    if (value->kind == VALUE_GEO && value->geo.longitude == 0)
        value->geo.longitude = 0;
    if (value->kind == VALUE_TIMESTAMP) {
        value->time.seconds %= SECONDS_MAX / 8;
        value->time.nanos = (int32_t)((uint32_t)value->time.nanos % NS_PER_S);
    }
    if (value->kind == VALUE_REFERENCE) {
        struct str text = arena_copy(arena, value->text);
        text.len = strlen(text.data);
        value->text = text;
    }
}

static pb_value *encode(struct value *value, struct arena *arena)
{
    static const int cases[] = {
        [VALUE_NULL] = CASE(NULL_VALUE),     [VALUE_BOOL] = CASE(BOOLEAN_VALUE),
        [VALUE_INT] = CASE(INTEGER_VALUE),   [VALUE_DOUBLE] = CASE(DOUBLE_VALUE),
        [VALUE_STRING] = CASE(STRING_VALUE), [VALUE_TIMESTAMP] = CASE(TIMESTAMP_VALUE),
        [VALUE_BYTES] = CASE(BYTES_VALUE),   [VALUE_ARRAY] = CASE(ARRAY_VALUE),
        [VALUE_MAP] = CASE(MAP_VALUE),       [VALUE_REFERENCE] = CASE(REFERENCE_VALUE),
        [VALUE_GEO] = CASE(GEO_POINT_VALUE),
    };
    pb_value *message = arena_alloc(arena, sizeof(*message));
    google__firestore__v1__value__init(message);
    normalise(value, arena);
    message->value_type_case = (Google__Firestore__V1__Value__ValueTypeCase)cases[value->kind];
    switch (value->kind) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        message->boolean_value = value->boolean;
        break;
    case VALUE_INT:
        message->integer_value = value->integer;
        break;
    case VALUE_DOUBLE:
        message->double_value = value->real.number;
        break;
    case VALUE_STRING:
        message->string_value = binary(value->text);
        break;
    case VALUE_BYTES:
        message->bytes_value = binary(value->text);
        break;
    case VALUE_REFERENCE:
        message->reference_value = (char *)(uintptr_t)value->text.data;
        break;
    case VALUE_TIMESTAMP:
        message->timestamp_value = encode_time(value->time.seconds, value->time.nanos, arena);
        break;
    case VALUE_ARRAY:
        message->array_value = encode_array(value, arena);
        break;
    case VALUE_MAP:
        message->map_value = encode_map(value, arena);
        break;
    case VALUE_GEO:
        message->geo_point_value = encode_geo(value, arena);
        break;
    }
    return message;
}

static struct str pack(const ProtobufCMessage *message, struct arena *arena)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, len);
    protobuf_c_message_pack(message, bytes);
    return (struct str){(const char *)bytes, len};
}

struct str firestore_encode_value(struct value *value, struct arena *arena)
{
    return pack(&encode(value, arena)->base, arena);
}

struct str firestore_encode_document(struct value *content, const char *name, int64_t create_ns,
                                     int64_t update_ns, struct arena *arena)
{
    Google__Firestore__V1__Document document;
    google__firestore__v1__document__init(&document);
    document.name = (char *)(uintptr_t)name;
    document.create_time =
        encode_time(create_ns / NS_PER_S, (int32_t)(create_ns % NS_PER_S), arena);
    document.update_time =
        encode_time(update_ns / NS_PER_S, (int32_t)(update_ns % NS_PER_S), arena);
    document.n_fields = content->map.count;
    document.fields = arena_alloc(arena, document.n_fields * sizeof(*document.fields));
    for (size_t i = 0; i < document.n_fields; i++) {
        document.fields[i] = arena_alloc(arena, sizeof(pb_entry));
        google__firestore__v1__document__fields_entry__init(document.fields[i]);
        document.fields[i]->key = binary(content->map.entries[i].key);
        document.fields[i]->value = encode(&content->map.entries[i].value, arena);
    }
    return pack(&document.base, arena);
}
