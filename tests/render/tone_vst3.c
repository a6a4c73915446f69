/* A VST3 instrument, to be hosted in tests: each key sounds a square wave as loud as its parameter
 * "Level" says, which is also its state. Written from the published layout of the interfaces. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int8_t Uid[16];
typedef int32_t Result;
enum { OK = 0, FALSE_ = 1, NO_INTERFACE = -1, NOT_IMPLEMENTED = 3 };
enum { AUDIO = 0, EVENTS = 1, IN = 0, OUT = 1 };
#define BE(l) (int8_t)((l) >> 24), (int8_t)((l) >> 16), (int8_t)((l) >> 8), (int8_t)(l)
#define UID(a, b, c, d) {BE(a##u), BE(b##u), BE(c##u), BE(d##u)}

static const Uid UNKNOWN = UID(0x00000000, 0x00000000, 0xC0000000, 0x00000046);
static const Uid BASE = UID(0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
static const Uid FACTORY = UID(0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
static const Uid FACTORY2 = UID(0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB);
static const Uid COMPONENT = UID(0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
static const Uid PROCESSOR = UID(0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
static const Uid CONTROLLER = UID(0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
static const Uid CLASS = UID(0xDA3B121D, 0x6E000000, 0x746F6E65, 0x00000001);

typedef struct { int32_t media, direction, channels; uint16_t name[128]; int32_t type; uint32_t flags; } Bus;
typedef struct { int32_t mode, size, most; double rate; } Setup;
typedef struct { int32_t channels; uint64_t silent; float **samples; } Buffers;
typedef struct {
    int32_t bus, offset;
    double at;
    uint16_t flags, type;
    union { double align; struct { int16_t channel, pitch; float a, b; } note; char room[40]; } u;
} Event;
typedef struct Stream Stream;
struct Stream {
    struct {
        Result (*query)(Stream *, const Uid, void **);
        uint32_t (*add)(Stream *), (*release)(Stream *);
        Result (*read)(Stream *, void *, int32_t, int32_t *), (*write)(Stream *, void *, int32_t, int32_t *);
    } *f;
};
typedef struct List List;
struct List { /* of events */
    struct {
        Result (*query)(List *, const Uid, void **);
        uint32_t (*add)(List *), (*release)(List *);
        int32_t (*count)(List *);
        Result (*get)(List *, int32_t, Event *);
    } *f;
};
typedef struct Queue Queue;
struct Queue { /* of the values of a parameter */
    struct {
        Result (*query)(Queue *, const Uid, void **);
        uint32_t (*add)(Queue *), (*release)(Queue *);
        uint32_t (*id)(Queue *);
        int32_t (*count)(Queue *);
        Result (*get)(Queue *, int32_t, int32_t *, double *);
    } *f;
};
typedef struct Changes Changes;
struct Changes {
    struct {
        Result (*query)(Changes *, const Uid, void **);
        uint32_t (*add)(Changes *), (*release)(Changes *);
        int32_t (*count)(Changes *);
        Queue *(*get)(Changes *, int32_t);
    } *f;
};
typedef struct {
    int32_t mode, size, samples, inputs, outputs;
    Buffers *in, *out;
    Changes *changed, *changes;
    List *heard, *said;
    void *context;
} Data;
typedef struct {
    uint32_t id;
    uint16_t title[128], shorter[128], units[128];
    int32_t steps;
    double usual;
    int32_t unit, flags;
} Parameter;

typedef struct { const void *component, *processor, *controller; int32_t refs; double level, rate, phase[128]; int8_t held[128]; } Tone;
#define OF_COMPONENT(p) ((Tone *)(p))
#define OF_PROCESSOR(p) ((Tone *)((char *)(p) - sizeof(void *)))
#define OF_CONTROLLER(p) ((Tone *)((char *)(p) - 2 * sizeof(void *)))
#define IS(a, b) (memcmp(a, b, sizeof(Uid)) == 0)

static Result query(Tone *t, const Uid id, void **out) {
    *out = IS(id, UNKNOWN) || IS(id, BASE) || IS(id, COMPONENT) ? (void *)&t->component
           : IS(id, PROCESSOR)                                  ? (void *)&t->processor
           : IS(id, CONTROLLER)                                 ? (void *)&t->controller
                                                                : NULL;
    t->refs += *out != NULL;
    return *out ? OK : NO_INTERFACE;
}
static uint32_t release(Tone *t) {
    uint32_t left = (uint32_t)--t->refs;
    if (left == 0) free(t);
    return left;
}
#define UNKNOWN_OF(which, OF)                                                                   \
    static Result which##_query(void *p, const Uid id, void **out) { return query(OF(p), id, out); } \
    static uint32_t which##_add(void *p) { return (uint32_t)++OF(p)->refs; }                    \
    static uint32_t which##_release(void *p) { return release(OF(p)); }
UNKNOWN_OF(component, OF_COMPONENT)
UNKNOWN_OF(processor, OF_PROCESSOR)
UNKNOWN_OF(controller, OF_CONTROLLER)

static Result done(void *p) { (void)p; return OK; }
static Result done_with(void *p, void *what) { (void)p, (void)what; return OK; }
static Result done_so(void *p, int32_t what) { (void)p, (void)what; return OK; }

static Result controller_class(void *p, Uid id) { (void)p, (void)id; return NOT_IMPLEMENTED; }
static int32_t bus_count(void *p, int32_t media, int32_t direction) { (void)p; return media == AUDIO ? direction == OUT : direction == IN; }
static Result bus_info(void *p, int32_t media, int32_t direction, int32_t i, Bus *bus) {
    if (i || !bus_count(p, media, direction)) return FALSE_;
    memset(bus, 0, sizeof *bus);
    *bus = (Bus){media, direction, media == AUDIO ? 2 : 16, {'a'}, 0, 1};
    return OK;
}
static Result routing(void *p, void *in, void *out) { (void)p, (void)in, (void)out; return NOT_IMPLEMENTED; }
static Result activate(void *p, int32_t media, int32_t direction, int32_t i, uint8_t on) { (void)p, (void)media, (void)direction, (void)i, (void)on; return OK; }
static Result read_level(Tone *t, Stream *from) {
    int32_t n = 0;
    return from->f->read(from, &t->level, sizeof t->level, &n) == OK && n == sizeof t->level ? OK : FALSE_;
}
static Result set_state(void *p, Stream *from) { return read_level(OF_COMPONENT(p), from); }
static Result get_state(void *p, Stream *to) { int32_t n; return to->f->write(to, &OF_COMPONENT(p)->level, sizeof(double), &n); }

static Result set_buses(void *p, uint64_t *in, int32_t ins, uint64_t *out, int32_t outs) { (void)p, (void)in; return ins == 0 && outs == 1 && out[0] == 3 ? OK : FALSE_; }
static Result get_bus(void *p, int32_t direction, int32_t i, uint64_t *bus) { (void)p; *bus = 3; return direction == OUT && i == 0 ? OK : FALSE_; }
static Result can_size(void *p, int32_t size) { (void)p; return size == 0 ? OK : FALSE_; }
static uint32_t none(void *p) { (void)p; return 0; }
static Result set_up(void *p, Setup *setup) { OF_PROCESSOR(p)->rate = setup->rate; return OK; }
static void take(Tone *t, List *events, int32_t sample) {
    for (int32_t i = 0, n = events ? events->f->count(events) : 0; i < n; i++) {
        Event event;
        if (events->f->get(events, i, &event) != OK || event.offset != sample || event.type > 1) continue;
        t->held[event.u.note.pitch & 127] = event.type == 0;
        t->phase[event.u.note.pitch & 127] = 0;
    }
}
static Result process(void *p, Data *data) {
    Tone *t = OF_PROCESSOR(p);
    for (int32_t i = 0, n = data->changed ? data->changed->f->count(data->changed) : 0; i < n; i++) {
        Queue *queue = data->changed->f->get(data->changed, i);
        int32_t at;
        if (queue && queue->f->id(queue) == 0) queue->f->get(queue, queue->f->count(queue) - 1, &at, &t->level);
    }
    for (int32_t i = 0; data->outputs && i < data->samples; i++) {
        float sum = 0;
        take(t, data->heard, i);
        for (int key = 0; key < 128; key++) {
            if (!t->held[key]) continue;
            sum += (float)(t->level * (t->phase[key] < 0.5 ? 0.25 : -0.25));
            t->phase[key] = fmod(t->phase[key] + 440 * pow(2, (key - 69) / 12.0) / t->rate, 1);
        }
        for (int32_t c = 0; c < data->out[0].channels; c++) data->out[0].samples[c][i] = sum;
    }
    return OK;
}

static Result set_component_state(void *p, Stream *from) { return read_level(OF_CONTROLLER(p), from); }
static int32_t parameter_count(void *p) { (void)p; return 1; }
static Result parameter_info(void *p, int32_t i, Parameter *info) {
    (void)p;
    if (i) return FALSE_;
    memset(info, 0, sizeof *info);
    for (int c = 0; c < 5; c++) info->title[c] = info->shorter[c] = (uint16_t)"Level"[c];
    info->usual = 1, info->flags = 1;
    return OK;
}
static Result to_text(void *p, uint32_t id, double value, uint16_t *text) { (void)p, (void)id; text[0] = (uint16_t)('0' + (int)(value * 9)), text[1] = 0; return OK; }
static Result of_text(void *p, uint32_t id, uint16_t *text, double *value) { (void)p, (void)id, (void)text, (void)value; return FALSE_; }
static double same(void *p, uint32_t id, double value) { (void)p, (void)id; return value; }
static double get_value(void *p, uint32_t id) { (void)id; return OF_CONTROLLER(p)->level; }
static Result set_value(void *p, uint32_t id, double value) { (void)id; OF_CONTROLLER(p)->level = value; return OK; }
static void *view(void *p, const char *name) { (void)p, (void)name; return NULL; }

static const void *const component[] = {component_query, component_add, component_release, done_with, done, controller_class, done_so, bus_count, bus_info, routing, activate, done_so, set_state, get_state};
static const void *const processor[] = {processor_query, processor_add, processor_release, set_buses, get_bus, can_size, none, set_up, done_so, process, none};
static const void *const controller[] = {controller_query, controller_add, controller_release, done_with, done, set_component_state, done_with, done_with, parameter_count, parameter_info, to_text, of_text, same, same, get_value, set_value, done_with, view};

typedef struct { char vendor[64], url[256], email[128]; int32_t flags; } Maker;
typedef struct { Uid id; int32_t most; char category[32], name[64]; } Class;
typedef struct { Class class; uint32_t flags; char kinds[128], vendor[64], version[64], sdk[64]; } Class2;
static Result factory_query(void *p, const Uid id, void **out) {
    *out = IS(id, UNKNOWN) || IS(id, FACTORY) || IS(id, FACTORY2) ? p : NULL;
    return *out ? OK : NO_INTERFACE;
}
static uint32_t lasting(void *p) { (void)p; return 1; }
static Result maker(void *p, Maker *info) { (void)p; memset(info, 0, sizeof *info); strcpy(info->vendor, "DAW Bridge"); return OK; }
static int32_t class_count(void *p) { (void)p; return 1; }
static Result class_info(void *p, int32_t i, Class *info) {
    (void)p, (void)i;
    *info = (Class){UID(0, 0, 0, 0), 0x7FFFFFFF, "Audio Module Class", "Tone"};
    memcpy(info->id, CLASS, sizeof(Uid));
    return OK;
}
static Result create(void *p, const char *id, const char *as, void **out) {
    (void)p;
    *out = NULL;
    if (!IS(id, CLASS)) return NO_INTERFACE;
    Tone *t = calloc(1, sizeof *t);
    t->component = component, t->processor = processor, t->controller = controller;
    t->level = 1, t->rate = 48000;
    return query(t, (const int8_t *)as, out);
}
static Result class_info2(void *p, int32_t i, Class2 *info) {
    memset(info, 0, sizeof *info);
    strcpy(info->kinds, "Instrument|Synth"), strcpy(info->vendor, "DAW Bridge"), strcpy(info->version, "1.0.0"), strcpy(info->sdk, "VST 3.7");
    return class_info(p, i, &info->class);
}
static const void *const factory_functions[] = {factory_query, lasting, lasting, maker, class_count, class_info, create, class_info2};
static const void *const *const factory = factory_functions;

__attribute__((visibility("default"))) const void *GetPluginFactory(void) { return &factory; }
__attribute__((visibility("default"))) int8_t ModuleEntry(void *library) { (void)library; return 1; }
__attribute__((visibility("default"))) int8_t ModuleExit(void) { return 1; }
