/* SPDX-License-Identifier: MIT */
/* The expressions of QGIS, read by recursive descent, weakest operator first: or, and, not, comparison, + - ||, * / %,
 * ^, sign, operand. */
#include "style/import_expr.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 16, WORD_BYTES = 128 };

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_COLUMN, TOKEN_WORD, TOKEN_SIGN, TOKEN_WRONG };

struct token {
    enum token_kind kind;
    const char *text; /* word, column, text without quotes; the sign itself */
    double number;
    bool is_whole;
};

struct parser {
    struct import *import;
    const char *at;
    struct token token;
    unsigned depth;
    struct import_trouble *trouble;
    bool failed;
};

static struct import_expr *parse_or(struct parser *parser);

static struct import_expr *fail(struct parser *parser, const char *english, const char *spanish, const char *what)
{
    if (!parser->failed) {
        snprintf(parser->trouble->english, sizeof parser->trouble->english, "%s \"%.60s\"", english, what);
        snprintf(parser->trouble->spanish, sizeof parser->trouble->spanish, "%s «%.60s»", spanish, what);
    }
    parser->failed = true;
    return NULL;
}

static struct import_expr *unexpected(struct parser *parser)
{
    const struct token *token = &parser->token;
    return fail(parser, "unexpected", "no se esperaba",
                token->text                ? token->text
                : token->kind == TOKEN_END ? ""
                                           : "?");
}

/* '…' or "…", the quote doubled or behind a backslash. */
static void read_quoted(struct parser *parser, char quote)
{
    const char *from = parser->at + 1;
    char *copy = arena_alloc(parser->import->arena, strlen(from) + 1);
    size_t length = 0;
    parser->token.kind = TOKEN_WRONG;
    if (!copy) {
        parser->import->failed = true;
        return;
    }
    while (*from != '\0') {
        if (*from == quote && from[1] == quote) {
            from++;
        } else if (*from == quote) {
            parser->token.kind = quote == '\'' ? TOKEN_TEXT : TOKEN_COLUMN;
            parser->token.text = copy;
            parser->at = from + 1;
            return;
        } else if (*from == '\\' && quote == '\'' && from[1] != '\0') {
            from++;
            copy[length++] = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
            from++;
            continue;
        }
        copy[length++] = *from++;
    }
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '@' || c == '$' || ((unsigned char)c & 0x80);
}

static void read_word(struct parser *parser)
{
    size_t length = 0;
    while (is_word_byte(parser->at[length])) {
        length++;
    }
    parser->token.kind = TOKEN_WORD;
    parser->token.text = arena_strndup(parser->import->arena, parser->at, length);
    parser->at += length;
}

static void read_number(struct parser *parser)
{
    size_t length = strspn(parser->at, "0123456789.");
    if (tolower((unsigned char)parser->at[length]) == 'e') {
        size_t sign = parser->at[length + 1] == '+' || parser->at[length + 1] == '-';
        size_t digits = strspn(parser->at + length + 1 + sign, "0123456789");
        length += digits > 0 ? 1 + sign + digits : 0;
    }
    struct text text = {parser->at, length};
    char padded[WORD_BYTES];
    snprintf(padded, sizeof padded, "%s%.*s", parser->at[0] == '.' ? "0" : "", (int)(length > 64 ? 64 : length),
             parser->at);
    parser->token.kind = text_to_double(text_of(padded), &parser->token.number) ? TOKEN_NUMBER : TOKEN_WRONG;
    parser->token.is_whole = memchr(text.data, '.', length) == NULL && memchr(text.data, 'e', length) == NULL;
    parser->token.text = arena_strndup(parser->import->arena, parser->at, length);
    parser->at += length;
}

static void read_sign(struct parser *parser)
{
    static const char *const signs[] = {"<>", "<=", ">=", "!=", "||", "//", "==", "=", "<", ">",
                                        "+",  "-",  "*",  "/",  "%",  "^",  "(",  ")", ",", "~"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strncmp(parser->at, signs[i], strlen(signs[i])) == 0) {
            parser->token.kind = TOKEN_SIGN;
            parser->token.text = signs[i];
            parser->at += strlen(signs[i]);
            return;
        }
    }
    parser->token.kind = TOKEN_WRONG;
    parser->token.text = arena_strndup(parser->import->arena, parser->at, 1);
}

static void skip_blanks(struct parser *parser)
{
    for (;;) {
        parser->at += strspn(parser->at, " \t\r\n");
        if (strncmp(parser->at, "--", 2) == 0) {
            parser->at += strcspn(parser->at, "\n");
        } else if (strncmp(parser->at, "/*", 2) == 0) {
            const char *end = strstr(parser->at + 2, "*/");
            parser->at = end ? end + 2 : parser->at + strlen(parser->at);
        } else {
            return;
        }
    }
}

static void advance(struct parser *parser)
{
    skip_blanks(parser);
    parser->token = (struct token){.kind = TOKEN_END};
    char c = parser->at[0];
    if (c == '\0') {
        return;
    }
    if (c == '\'' || c == '"') {
        read_quoted(parser, c);
    } else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)parser->at[1]))) {
        read_number(parser);
    } else if (is_word_byte(c)) {
        read_word(parser);
    } else {
        read_sign(parser);
    }
}

static bool is_sign(const struct parser *parser, const char *sign)
{
    return parser->token.kind == TOKEN_SIGN && strcmp(parser->token.text, sign) == 0;
}

static bool is_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_WORD && parser->token.text && strcasecmp(parser->token.text, word) == 0;
}

static bool take_sign(struct parser *parser, const char *sign)
{
    bool found = is_sign(parser, sign);
    if (found) {
        advance(parser);
    }
    return found;
}

static bool take_word(struct parser *parser, const char *word)
{
    bool found = is_word(parser, word);
    if (found) {
        advance(parser);
    }
    return found;
}

static struct import_expr *literal(struct parser *parser, struct value value)
{
    struct import_expr *expr = import_expr_make(parser->import, IMPORT_LITERAL, 0, 0);
    if (expr) {
        expr->value = value;
    }
    return expr;
}

/* Arguments up to the closing bracket. */
static bool parse_list(struct parser *parser, struct import_expr *into)
{
    if (take_sign(parser, ")")) {
        return true;
    }
    for (;;) {
        struct import_expr *item = parse_or(parser);
        if (!item) {
            return false;
        }
        import_expr_add(parser->import, into, item);
        if (take_sign(parser, ")")) {
            return true;
        }
        if (!take_sign(parser, ",")) {
            unexpected(parser);
            return false;
        }
    }
}

static struct import_expr *parse_case(struct parser *parser)
{
    struct import_expr *expr = import_expr_make(parser->import, IMPORT_CASE, 0, 0);
    while (expr && take_word(parser, "when")) {
        struct import_expr *condition = parse_or(parser);
        if (!condition || !take_word(parser, "then")) {
            return condition ? unexpected(parser) : NULL;
        }
        struct import_expr *result = parse_or(parser);
        if (!result) {
            return NULL;
        }
        import_expr_add(parser->import, expr, condition);
        import_expr_add(parser->import, expr, result);
    }
    if (take_word(parser, "else")) {
        struct import_expr *rest = parse_or(parser);
        if (!rest) {
            return NULL;
        }
        import_expr_add(parser->import, expr, rest);
    }
    return expr && expr->count > 1 && take_word(parser, "end") ? expr : unexpected(parser);
}

static struct import_expr *parse_word(struct parser *parser)
{
    const char *word = parser->token.text;
    if (!word) {
        parser->import->failed = true;
        return NULL;
    }
    advance(parser);
    if (strcasecmp(word, "null") == 0) {
        return literal(parser, value_null());
    }
    if (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0) {
        return literal(parser, value_of_bool(strcasecmp(word, "true") == 0));
    }
    if (strcasecmp(word, "case") == 0) {
        return parse_case(parser);
    }
    if (word[0] == '@' || word[0] == '$') {
        return fail(parser, "the variable", "la variable", word);
    }
    struct import_expr *expr = import_expr_make(parser->import, IMPORT_FIELD, 0, 0);
    if (!expr) {
        return NULL;
    }
    expr->value = value_of_string(word);
    if (take_sign(parser, "(")) {
        char *lower = arena_strdup(parser->import->arena, word);
        for (size_t i = 0; lower && lower[i]; i++) {
            lower[i] = (char)tolower((unsigned char)lower[i]);
        }
        expr->kind = IMPORT_CALL;
        expr->value = value_of_string(lower);
        return lower && parse_list(parser, expr) ? expr : NULL;
    }
    return expr;
}

static struct import_expr *parse_operand(struct parser *parser)
{
    struct token token = parser->token;
    struct import_expr *expr;
    switch (token.kind) {
    case TOKEN_NUMBER:
        advance(parser);
        return literal(parser, token.is_whole && token.number < 9e15 ? value_of_int((int64_t)token.number)
                                                                     : value_of_real(token.number));
    case TOKEN_TEXT:
        advance(parser);
        return literal(parser, value_of_string(token.text));
    case TOKEN_COLUMN:
        advance(parser);
        expr = import_expr_make(parser->import, IMPORT_FIELD, 0, 0);
        if (expr) {
            expr->value = value_of_string(token.text);
        }
        return expr;
    case TOKEN_WORD:
        return parse_word(parser);
    case TOKEN_SIGN:
        if (take_sign(parser, "(")) {
            expr = parse_or(parser);
            return expr && !take_sign(parser, ")") ? unexpected(parser) : expr;
        }
        break;
    case TOKEN_END:
    case TOKEN_WRONG:
        break;
    }
    return unexpected(parser);
}

static struct import_expr *parse_signed(struct parser *parser)
{
    if (take_sign(parser, "+")) {
        return parse_operand(parser);
    }
    if (!take_sign(parser, "-")) {
        return parse_operand(parser);
    }
    struct import_expr *expr = parse_operand(parser);
    if (expr && expr->kind == IMPORT_LITERAL && value_is_number(&expr->value)) {
        expr->value =
            expr->value.type == VALUE_INT ? value_of_int(-expr->value.integer) : value_of_real(-expr->value.real);
        return expr;
    }
    return expr ? import_expr_make(parser->import, IMPORT_ARITHMETIC, '-', 1, expr) : NULL;
}

/* left op right op right …, for the signs given; `kind` by sign. */
static struct import_expr *parse_chain(struct parser *parser, struct import_expr *(*next)(struct parser *),
                                       const char *const *signs)
{
    struct import_expr *left = next(parser);
    unsigned length = 0;
    while (left) {
        const char *found = NULL;
        for (size_t i = 0; signs[i]; i++) {
            found = is_sign(parser, signs[i]) ? signs[i] : found;
        }
        if (!found) {
            return left;
        }
        if (strcmp(found, "//") == 0) {
            return fail(parser, "the operator", "el operador", found);
        }
        advance(parser);
        struct import_expr *right = next(parser);
        if (!right) {
            return NULL;
        }
        bool is_concat = strcmp(found, "||") == 0;
        enum import_expr_kind kind = is_concat ? IMPORT_CONCAT : IMPORT_ARITHMETIC;
        bool joins = (is_concat || found[0] == '+' || found[0] == '*') && left->kind == kind &&
                     (is_concat || left->op == found[0]) && length > 0;
        if (joins) {
            import_expr_add(parser->import, left, right);
        } else if (++length > DEPTH_MAX) {
            return fail(parser, "too long at", "demasiado larga en", found);
        } else {
            left = import_expr_make(parser->import, kind, found[0], 2, left, right);
        }
    }
    return NULL;
}

static struct import_expr *parse_power(struct parser *parser)
{
    static const char *const signs[] = {"^", NULL};
    return parse_chain(parser, parse_signed, signs);
}

static struct import_expr *parse_product(struct parser *parser)
{
    static const char *const signs[] = {"*", "/", "%", "//", NULL};
    return parse_chain(parser, parse_power, signs);
}

static struct import_expr *parse_sum(struct parser *parser)
{
    static const char *const signs[] = {"+", "-", "||", NULL};
    return parse_chain(parser, parse_product, signs);
}

static struct import_expr *negated(struct parser *parser, struct import_expr *expr, bool is_negated)
{
    return expr && is_negated ? import_expr_make(parser->import, IMPORT_NOT, 0, 1, expr) : expr;
}

static struct import_expr *parse_in(struct parser *parser, struct import_expr *left)
{
    struct import_expr *expr = import_expr_make(parser->import, IMPORT_IN, 0, 1, left);
    if (!expr || !take_sign(parser, "(")) {
        return unexpected(parser);
    }
    return parse_list(parser, expr) ? expr : NULL;
}

static struct import_expr *parse_like(struct parser *parser, struct import_expr *left, char op)
{
    struct import_expr *pattern = parse_sum(parser);
    struct import_expr *expr = pattern ? import_expr_make(parser->import, IMPORT_LIKE, op, 2, left, pattern) : NULL;
    if (expr) {
        expr->any = '%';
        expr->one = '_';
        expr->escape = '\\';
    }
    return expr;
}

static struct import_expr *parse_between(struct parser *parser, struct import_expr *left)
{
    struct import_expr *low = parse_sum(parser);
    if (!low || !take_word(parser, "and")) {
        return low ? unexpected(parser) : NULL;
    }
    struct import_expr *high = parse_sum(parser);
    if (!high) {
        return NULL;
    }
    return import_expr_make(parser->import, IMPORT_AND, 0, 2,
                            import_expr_make(parser->import, IMPORT_COMPARE, 'G', 2, left, low),
                            import_expr_make(parser->import, IMPORT_COMPARE, 'L', 2, left, high));
}

static struct import_expr *parse_is(struct parser *parser, struct import_expr *left)
{
    bool is_negated = take_word(parser, "not");
    struct import_expr *right = parse_sum(parser);
    if (!right) {
        return NULL;
    }
    bool is_null = right->kind == IMPORT_LITERAL && right->value.type == VALUE_NULL;
    struct import_expr *expr = is_null ? import_expr_make(parser->import, IMPORT_IS_NULL, 0, 1, left)
                                       : import_expr_make(parser->import, IMPORT_IS, 0, 2, left, right);
    return negated(parser, expr, is_negated);
}

static struct import_expr *parse_comparison(struct parser *parser)
{
    static const struct {
        const char *sign;
        char op;
    } signs[] = {{"=", '='}, {"==", '='}, {"<>", '!'}, {"!=", '!'}, {"<=", 'L'}, {">=", 'G'}, {"<", '<'}, {">", '>'}};
    struct import_expr *left = parse_sum(parser);
    if (!left) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (take_sign(parser, signs[i].sign)) {
            struct import_expr *right = parse_sum(parser);
            return right ? import_expr_make(parser->import, IMPORT_COMPARE, signs[i].op, 2, left, right) : NULL;
        }
    }
    if (take_word(parser, "is")) {
        return parse_is(parser, left);
    }
    bool is_negated = take_word(parser, "not");
    if (take_word(parser, "in")) {
        return negated(parser, parse_in(parser, left), is_negated);
    }
    if (take_word(parser, "like")) {
        return negated(parser, parse_like(parser, left, 0), is_negated);
    }
    if (take_word(parser, "ilike")) {
        return negated(parser, parse_like(parser, left, 'i'), is_negated);
    }
    if (take_word(parser, "between")) {
        return negated(parser, parse_between(parser, left), is_negated);
    }
    return is_negated ? unexpected(parser) : left;
}

static struct import_expr *parse_not(struct parser *parser)
{
    bool is_negated = false;
    while (take_word(parser, "not")) {
        is_negated = !is_negated;
    }
    return negated(parser, parse_comparison(parser), is_negated);
}

static struct import_expr *parse_junction(struct parser *parser, struct import_expr *(*next)(struct parser *),
                                          const char *word, enum import_expr_kind kind)
{
    struct import_expr *left = next(parser);
    struct import_expr *all = NULL;
    while (left && take_word(parser, word)) {
        struct import_expr *right = next(parser);
        if (!right) {
            return NULL;
        }
        if (all) {
            import_expr_add(parser->import, all, right);
        } else {
            all = import_expr_make(parser->import, kind, 0, 2, left, right);
        }
    }
    return all ? all : left;
}

static struct import_expr *parse_and(struct parser *parser)
{
    return parse_junction(parser, parse_not, "and", IMPORT_AND);
}

static struct import_expr *parse_or(struct parser *parser)
{
    if (parser->depth >= DEPTH_MAX) {
        return fail(parser, "too deeply nested at", "demasiado anidada en",
                    parser->token.text ? parser->token.text : "");
    }
    parser->depth++;
    struct import_expr *expr = parse_junction(parser, parse_and, "or", IMPORT_OR);
    parser->depth--;
    return expr;
}

bool import_expr_parse(struct import *import, const char *text, struct import_expr **out_expr,
                       struct import_trouble *out_trouble)
{
    struct parser parser = {.import = import, .at = text, .trouble = out_trouble};
    *out_trouble = (struct import_trouble){"out of memory", "falta memoria"};
    advance(&parser);
    struct import_expr *expr = parse_or(&parser);
    if (expr && parser.token.kind != TOKEN_END) {
        expr = unexpected(&parser);
    }
    if (!expr || import->failed) {
        return false;
    }
    *out_expr = expr;
    return true;
}
