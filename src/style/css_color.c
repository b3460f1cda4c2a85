/* SPDX-License-Identifier: MIT */
/* Colours as text and the way between two colours. */
#include "style/css_color.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* CSS Color 4, section 6.1, in the order of the alphabet. */
struct named_color {
    const char *name;
    uint32_t rgb;
};

static const struct named_color named_colors[] = {
    /* clang-format off */
    {"aliceblue", 0xF0F8FF},
    {"antiquewhite", 0xFAEBD7},
    {"aqua", 0x00FFFF},
    {"aquamarine", 0x7FFFD4},
    {"azure", 0xF0FFFF},
    {"beige", 0xF5F5DC},
    {"bisque", 0xFFE4C4},
    {"black", 0x000000},
    {"blanchedalmond", 0xFFEBCD},
    {"blue", 0x0000FF},
    {"blueviolet", 0x8A2BE2},
    {"brown", 0xA52A2A},
    {"burlywood", 0xDEB887},
    {"cadetblue", 0x5F9EA0},
    {"chartreuse", 0x7FFF00},
    {"chocolate", 0xD2691E},
    {"coral", 0xFF7F50},
    {"cornflowerblue", 0x6495ED},
    {"cornsilk", 0xFFF8DC},
    {"crimson", 0xDC143C},
    {"cyan", 0x00FFFF},
    {"darkblue", 0x00008B},
    {"darkcyan", 0x008B8B},
    {"darkgoldenrod", 0xB8860B},
    {"darkgray", 0xA9A9A9},
    {"darkgreen", 0x006400},
    {"darkgrey", 0xA9A9A9},
    {"darkkhaki", 0xBDB76B},
    {"darkmagenta", 0x8B008B},
    {"darkolivegreen", 0x556B2F},
    {"darkorange", 0xFF8C00},
    {"darkorchid", 0x9932CC},
    {"darkred", 0x8B0000},
    {"darksalmon", 0xE9967A},
    {"darkseagreen", 0x8FBC8F},
    {"darkslateblue", 0x483D8B},
    {"darkslategray", 0x2F4F4F},
    {"darkslategrey", 0x2F4F4F},
    {"darkturquoise", 0x00CED1},
    {"darkviolet", 0x9400D3},
    {"deeppink", 0xFF1493},
    {"deepskyblue", 0x00BFFF},
    {"dimgray", 0x696969},
    {"dimgrey", 0x696969},
    {"dodgerblue", 0x1E90FF},
    {"firebrick", 0xB22222},
    {"floralwhite", 0xFFFAF0},
    {"forestgreen", 0x228B22},
    {"fuchsia", 0xFF00FF},
    {"gainsboro", 0xDCDCDC},
    {"ghostwhite", 0xF8F8FF},
    {"gold", 0xFFD700},
    {"goldenrod", 0xDAA520},
    {"gray", 0x808080},
    {"green", 0x008000},
    {"greenyellow", 0xADFF2F},
    {"grey", 0x808080},
    {"honeydew", 0xF0FFF0},
    {"hotpink", 0xFF69B4},
    {"indianred", 0xCD5C5C},
    {"indigo", 0x4B0082},
    {"ivory", 0xFFFFF0},
    {"khaki", 0xF0E68C},
    {"lavender", 0xE6E6FA},
    {"lavenderblush", 0xFFF0F5},
    {"lawngreen", 0x7CFC00},
    {"lemonchiffon", 0xFFFACD},
    {"lightblue", 0xADD8E6},
    {"lightcoral", 0xF08080},
    {"lightcyan", 0xE0FFFF},
    {"lightgoldenrodyellow", 0xFAFAD2},
    {"lightgray", 0xD3D3D3},
    {"lightgreen", 0x90EE90},
    {"lightgrey", 0xD3D3D3},
    {"lightpink", 0xFFB6C1},
    {"lightsalmon", 0xFFA07A},
    {"lightseagreen", 0x20B2AA},
    {"lightskyblue", 0x87CEFA},
    {"lightslategray", 0x778899},
    {"lightslategrey", 0x778899},
    {"lightsteelblue", 0xB0C4DE},
    {"lightyellow", 0xFFFFE0},
    {"lime", 0x00FF00},
    {"limegreen", 0x32CD32},
    {"linen", 0xFAF0E6},
    {"magenta", 0xFF00FF},
    {"maroon", 0x800000},
    {"mediumaquamarine", 0x66CDAA},
    {"mediumblue", 0x0000CD},
    {"mediumorchid", 0xBA55D3},
    {"mediumpurple", 0x9370DB},
    {"mediumseagreen", 0x3CB371},
    {"mediumslateblue", 0x7B68EE},
    {"mediumspringgreen", 0x00FA9A},
    {"mediumturquoise", 0x48D1CC},
    {"mediumvioletred", 0xC71585},
    {"midnightblue", 0x191970},
    {"mintcream", 0xF5FFFA},
    {"mistyrose", 0xFFE4E1},
    {"moccasin", 0xFFE4B5},
    {"navajowhite", 0xFFDEAD},
    {"navy", 0x000080},
    {"oldlace", 0xFDF5E6},
    {"olive", 0x808000},
    {"olivedrab", 0x6B8E23},
    {"orange", 0xFFA500},
    {"orangered", 0xFF4500},
    {"orchid", 0xDA70D6},
    {"palegoldenrod", 0xEEE8AA},
    {"palegreen", 0x98FB98},
    {"paleturquoise", 0xAFEEEE},
    {"palevioletred", 0xDB7093},
    {"papayawhip", 0xFFEFD5},
    {"peachpuff", 0xFFDAB9},
    {"peru", 0xCD853F},
    {"pink", 0xFFC0CB},
    {"plum", 0xDDA0DD},
    {"powderblue", 0xB0E0E6},
    {"purple", 0x800080},
    {"rebeccapurple", 0x663399},
    {"red", 0xFF0000},
    {"rosybrown", 0xBC8F8F},
    {"royalblue", 0x4169E1},
    {"saddlebrown", 0x8B4513},
    {"salmon", 0xFA8072},
    {"sandybrown", 0xF4A460},
    {"seagreen", 0x2E8B57},
    {"seashell", 0xFFF5EE},
    {"sienna", 0xA0522D},
    {"silver", 0xC0C0C0},
    {"skyblue", 0x87CEEB},
    {"slateblue", 0x6A5ACD},
    {"slategray", 0x708090},
    {"slategrey", 0x708090},
    {"snow", 0xFFFAFA},
    {"springgreen", 0x00FF7F},
    {"steelblue", 0x4682B4},
    {"tan", 0xD2B48C},
    {"teal", 0x008080},
    {"thistle", 0xD8BFD8},
    {"tomato", 0xFF6347},
    {"turquoise", 0x40E0D0},
    {"violet", 0xEE82EE},
    {"wheat", 0xF5DEB3},
    {"white", 0xFFFFFF},
    {"whitesmoke", 0xF5F5F5},
    {"yellow", 0xFFFF00},
    {"yellowgreen", 0x9ACD32},
    /* clang-format on */
};

enum { NAMED_COLORS = sizeof named_colors / sizeof named_colors[0], TEXT_MAX = 128 };

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct named_color *)entry)->name);
}

static struct style_color of_bytes(unsigned r, unsigned g, unsigned b, unsigned a)
{
    return (struct style_color){r / 255.0, g / 255.0, b / 255.0, a / 255.0};
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *digits, struct style_color *out_color)
{
    size_t count = strlen(digits);
    if (count != 3 && count != 4 && count != 6 && count != 8) {
        return false;
    }
    size_t step = count < 6 ? 1 : 2;
    unsigned channel[4] = {0, 0, 0, 255};
    for (size_t i = 0; i * step < count; i++) {
        int high = hex_digit(digits[i * step]);
        int low = hex_digit(digits[i * step + step - 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        channel[i] = (unsigned)(high * 16 + low);
    }
    *out_color = of_bytes(channel[0], channel[1], channel[2], channel[3]);
    return true;
}

/* One argument of a colour function. */
struct argument {
    double number;
    bool percent;
    bool degrees;
    char before; /* ',' ' ' or '/': what stood between it and the argument before; '(' for the first */
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A number in the grammar of CSS: digits on at least one side of the point. */
static bool parse_number(const char **at, double *out_number)
{
    char *end = NULL;
    const char *start = *at;
    if (!strchr("0123456789.+-", *start) || *start == '\0') {
        return false;
    }
    size_t length = strspn(start, "0123456789.e+-");
    char copy[TEXT_MAX];
    if (length == 0 || length >= sizeof copy) {
        return false;
    }
    memcpy(copy, start, length);
    copy[length] = '\0';
    *out_number = strtod(copy, &end);
    if (end != copy + length) {
        /* "12deg": the "e" of "deg" cannot be an exponent, but "1e" and "1-2" are no numbers */
        return false;
    }
    *at = start + length;
    return true;
}

/* Reads up to four arguments up to the closing parenthesis; -1 when it is no such list. */
static int parse_arguments(const char *at, struct argument arguments[4])
{
    int count = 0;
    char before = '(';
    while (is_blank(*at)) {
        at++;
    }
    for (;;) {
        if (count == 4) {
            return -1;
        }
        struct argument *argument = &arguments[count++];
        *argument = (struct argument){.before = before};
        if (!parse_number(&at, &argument->number)) {
            return -1;
        }
        if (*at == '%') {
            argument->percent = true;
            at++;
        } else if (strncmp(at, "deg", 3) == 0) {
            argument->degrees = true;
            at += 3;
        }
        const char *after = at;
        while (is_blank(*at)) {
            at++;
        }
        if (*at == ')') {
            return at[1] == '\0' ? count : -1;
        }
        if (*at == ',' || *at == '/') {
            before = *at++;
            while (is_blank(*at)) {
                at++;
            }
        } else if (at > after) {
            before = ' ';
        } else {
            return -1;
        }
    }
}

/* Commas everywhere, or nowhere and then alpha behind a slash. */
static bool separators_agree(const struct argument *arguments, int count)
{
    char between = arguments[1].before;
    if ((between != ',' && between != ' ') || arguments[2].before != between) {
        return false;
    }
    return count == 3 || arguments[3].before == (between == ',' ? ',' : '/');
}

static double clamp(double number, double low, double high)
{
    return number < low ? low : number > high ? high : number;
}

static double alpha_of(const struct argument *argument)
{
    return clamp(argument->percent ? argument->number / 100 : argument->number, 0, 1);
}

static bool parse_rgb(const struct argument *arguments, int count, struct style_color *out_color)
{
    bool percent = arguments[0].percent;
    for (int i = 0; i < 3; i++) {
        if (arguments[i].percent != percent || arguments[i].degrees) {
            return false;
        }
    }
    double most = percent ? 100 : 255;
    *out_color =
        (struct style_color){clamp(arguments[0].number / most, 0, 1), clamp(arguments[1].number / most, 0, 1),
                             clamp(arguments[2].number / most, 0, 1), count == 4 ? alpha_of(&arguments[3]) : 1};
    return true;
}

/* CSS Color 4, section 7.1. */
static double hsl_channel(double n, double hue, double saturation, double light)
{
    double k = fmod(n + hue / 30, 12);
    double a = saturation * fmin(light, 1 - light);
    return light - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
}

static double turn_angle(double degrees)
{
    double angle = fmod(degrees, 360);
    return angle < 0 ? angle + 360 : angle;
}

static bool parse_hsl(const struct argument *arguments, int count, struct style_color *out_color)
{
    if (arguments[0].percent || !arguments[1].percent || !arguments[2].percent) {
        return false;
    }
    double hue = turn_angle(arguments[0].number);
    double saturation = clamp(arguments[1].number, 0, 100) / 100;
    double light = clamp(arguments[2].number, 0, 100) / 100;
    *out_color = (struct style_color){hsl_channel(0, hue, saturation, light), hsl_channel(8, hue, saturation, light),
                                      hsl_channel(4, hue, saturation, light), count == 4 ? alpha_of(&arguments[3]) : 1};
    return true;
}

static bool parse_function(const char *text, struct style_color *out_color)
{
    bool rgb = strncmp(text, "rgb", 3) == 0;
    if (!rgb && strncmp(text, "hsl", 3) != 0) {
        return false;
    }
    text += 3;
    text += *text == 'a';
    if (*text != '(') {
        return false;
    }
    struct argument arguments[4];
    int count = parse_arguments(text + 1, arguments);
    if (count < 3 || !separators_agree(arguments, count) || (count == 4 && arguments[3].degrees)) {
        return false;
    }
    return rgb ? parse_rgb(arguments, count, out_color) : parse_hsl(arguments, count, out_color);
}

bool css_color_parse(struct text text, struct style_color *out_color)
{
    const char *at = text.data;
    size_t length = text.length;
    while (length > 0 && is_blank(*at)) {
        at++;
        length--;
    }
    while (length > 0 && is_blank(at[length - 1])) {
        length--;
    }
    if (length == 0 || length >= TEXT_MAX) {
        return false;
    }
    char lower[TEXT_MAX];
    for (size_t i = 0; i < length; i++) {
        lower[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] - 'A' + 'a') : at[i];
    }
    lower[length] = '\0';
    if (strlen(lower) != length) {
        return false;
    }
    if (lower[0] == '#') {
        return parse_hex(lower + 1, out_color);
    }
    if (strcmp(lower, "transparent") == 0) {
        *out_color = (struct style_color){0, 0, 0, 0};
        return true;
    }
    const struct named_color *named = bsearch(lower, named_colors, NAMED_COLORS, sizeof named_colors[0], compare_name);
    if (named) {
        *out_color = of_bytes(named->rgb >> 16, (named->rgb >> 8) & 255, named->rgb & 255, 255);
        return true;
    }
    return parse_function(lower, out_color);
}

/* CIE Lab over D50, as the specification's references use it ("Lab and RGB", M. Bostock): the numbers below are the
 * Bradford-adapted sRGB matrix and the white point. */
static const double WHITE_X = 0.96422;
static const double WHITE_Z = 0.82521;
static const double T0 = 4.0 / 29;
static const double T1 = 6.0 / 29;
static const double PI = 3.14159265358979323846;

struct lab {
    double l;
    double a;
    double b;
};

static double linear_of(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

static double channel_of(double linear)
{
    double channel = linear <= 0.00304 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
    return clamp(channel, 0, 1);
}

static double lab_curve(double t)
{
    return t > T1 * T1 * T1 ? pow(t, 1.0 / 3) : t / (3 * T1 * T1) + T0;
}

static double lab_curve_back(double t)
{
    return t > T1 ? t * t * t : 3 * T1 * T1 * (t - T0);
}

static struct lab lab_of(struct style_color color)
{
    double r = linear_of(color.r);
    double g = linear_of(color.g);
    double b = linear_of(color.b);
    double y = lab_curve(0.2225045 * r + 0.7168786 * g + 0.0606169 * b);
    double x = y;
    double z = y;
    if (r != g || g != b) {
        x = lab_curve((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / WHITE_X);
        z = lab_curve((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / WHITE_Z);
    }
    return (struct lab){fmax(116 * y - 16, 0), 500 * (x - y), 200 * (y - z)};
}

static struct style_color color_of_lab(struct lab lab, double alpha)
{
    double y = (lab.l + 16) / 116;
    double x = WHITE_X * lab_curve_back(isnan(lab.a) ? y : y + lab.a / 500);
    double z = WHITE_Z * lab_curve_back(isnan(lab.b) ? y : y - lab.b / 200);
    y = lab_curve_back(y);
    return (struct style_color){channel_of(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
                                channel_of(-0.9787684 * x + 1.9161415 * y + 0.033454 * z),
                                channel_of(0.0719453 * x - 0.2289914 * y + 1.4052427 * z), alpha};
}

struct hcl {
    double hue; /* NaN for greys */
    double chroma;
    double light;
};

static struct hcl hcl_of(struct style_color color)
{
    struct lab lab = lab_of(color);
    double chroma = sqrt(lab.a * lab.a + lab.b * lab.b);
    bool grey = floor(chroma * 10000 + 0.5) == 0;
    return (struct hcl){grey ? NAN : turn_angle(atan2(lab.b, lab.a) * (180 / PI)), chroma, lab.l};
}

static double between(double from, double to, double t)
{
    return from + t * (to - from);
}

static struct style_color mix_hcl(struct style_color from, struct style_color to, double t)
{
    struct hcl a = hcl_of(from);
    struct hcl b = hcl_of(to);
    double hue = NAN;
    double chroma = NAN;
    if (!isnan(a.hue) && !isnan(b.hue)) {
        double turn = b.hue - a.hue;
        turn = b.hue > a.hue && turn > 180 ? turn - 360 : b.hue < a.hue && turn < -180 ? turn + 360 : turn;
        hue = a.hue + t * turn;
    } else if (!isnan(a.hue)) {
        hue = a.hue;
        chroma = b.light == 1 || b.light == 0 ? a.chroma : NAN;
    } else if (!isnan(b.hue)) {
        hue = b.hue;
        chroma = a.light == 1 || a.light == 0 ? b.chroma : NAN;
    }
    if (isnan(chroma)) {
        chroma = between(a.chroma, b.chroma, t);
    }
    double radians = isnan(hue) ? 0 : hue * (PI / 180);
    struct lab lab = {between(a.light, b.light, t), cos(radians) * chroma, sin(radians) * chroma};
    return color_of_lab(lab, between(from.a, to.a, t));
}

struct style_color css_color_mix(struct style_color from, struct style_color to, double t, enum css_color_space space)
{
    if (space == CSS_COLOR_HCL) {
        return mix_hcl(from, to, t);
    }
    if (space == CSS_COLOR_LAB) {
        struct lab a = lab_of(from);
        struct lab b = lab_of(to);
        return color_of_lab((struct lab){between(a.l, b.l, t), between(a.a, b.a, t), between(a.b, b.b, t)},
                            between(from.a, to.a, t));
    }
    return (struct style_color){between(from.r, to.r, t), between(from.g, to.g, t), between(from.b, to.b, t),
                                between(from.a, to.a, t)};
}
