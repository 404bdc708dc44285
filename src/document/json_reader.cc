// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "core/encoding.h"
#include "document/json.h"
#include "document/text.h"

namespace raykeep::document {
namespace {

// Bytes that end a run of plain string characters: the quote, the backslash and the control characters (RFC 8259 7).
constexpr std::array<bool, 256> kEndsRun = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | c >> 6U), put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | c >> 12U), put(0x80U | (c >> 6U & 0x3fU)), put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | c >> 18U), put(0x80U | (c >> 12U & 0x3fU)), put(0x80U | (c >> 6U & 0x3fU)), put(0x80U | (c & 0x3fU));
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  bool read_document(Node& out) {
    if (!check_text()) return false;
    skip_space();
    if (!read_value(out, 0)) return false;
    skip_space();
    return at_ == text_.size() || stop("text after the end of the value");
  }

  Error error(std::string_view file) const {
    return {*code_, "JSON: " + problem_, {std::string(file), line_, problem_at_ - line_start_ + 1}};
  }

 private:
  bool stop(std::string problem) { return stop_at(at_, std::move(problem)); }
  bool stop_at(std::size_t at, std::string problem, const ErrorCode& code = kJsonMalformed) {
    problem_ = std::move(problem);
    problem_at_ = at;
    code_ = &code;
    return false;
  }

  bool check_text() {
    if (text_.size() > std::min(limits_.bytes, kLargestText)) {
      return stop_at(0, "more than " + std::to_string(limits_.bytes) + " bytes", kJsonTooLarge);
    }
    if (text_.starts_with("\xef\xbb\xbf")) return stop("a byte order mark; write plain UTF-8");
    const std::size_t wrong = first_wrong_byte(text_);
    if (wrong == text_.size()) return true;
    const LineColumn place = line_column(text_, wrong);
    line_ = place.line;
    line_start_ = wrong + 1 - place.column;
    return stop_at(wrong, "a byte that is not UTF-8");
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  // Where a value that begins here will have begun.
  Span here() const {
    return {static_cast<std::uint32_t>(at_), 0, static_cast<std::uint32_t>(line_), static_cast<std::uint32_t>(at_ - line_start_ + 1)};
  }
  // The value ends here.
  void place(Node& out, Span from, Style style) const {
    from.end = static_cast<std::uint32_t>(at_);
    out.set_span(from);
    out.set_style(style);
  }

  bool count_node() {
    return ++nodes_ <= limits_.nodes ||
           stop_at(at_, "more than " + std::to_string(limits_.nodes) + " values", kJsonTooLarge);
  }

  bool read_value(Node& out, unsigned depth) {
    if (!count_node()) return false;
    switch (peek()) {
      case '{':
        return read_object(out, depth + 1);
      case '[':
        return read_array(out, depth + 1);
      case '"':
        return read_string(out);
      case 't':
        return read_word(out, "true", Node::boolean(true));
      case 'f':
        return read_word(out, "false", Node::boolean(false));
      case 'n':
        return read_word(out, "null", Node());
      default:
        return read_number(out);
    }
  }

  bool read_word(Node& out, std::string_view word, Node meaning) {
    if (text_.substr(at_, word.size()) != word) return stop("not a JSON value");
    const Span from = here();
    at_ += word.size();
    out = std::move(meaning);
    place(out, from, Style::kPlain);
    return true;
  }

  bool skip_digits() {
    const std::size_t first = at_;
    while (is_digit(peek())) ++at_;
    return at_ > first;
  }

  // RFC 8259 section 6.
  bool read_number(Node& out) {
    if (at_ >= text_.size()) return stop("the text ends where a value should stand");
    const Span from = here();
    const std::size_t first = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) return stop_at(first, "a number with a leading zero");
    } else if (!skip_digits()) {
      return stop_at(first, at_ > first ? "a minus sign without a number" : "not a JSON value");
    }
    if (peek() == '.') {
      ++at_;
      if (!skip_digits()) return stop("a number with nothing behind its decimal point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!skip_digits()) return stop("a number with an empty exponent");
    }
    out = Node::number(text_.substr(first, at_ - first));
    place(out, from, Style::kPlain);
    return true;
  }

  bool read_string(Node& out) {
    const Span from = here();
    ++at_;
    std::string value;
    while (true) {
      const std::size_t run = at_;
      while (at_ < text_.size() && !kEndsRun[static_cast<unsigned char>(text_[at_])]) ++at_;
      value.append(text_, run, at_ - run);
      if (at_ >= text_.size()) return stop_at(from.begin, "a string without its closing quote");
      if (text_[at_] == '"') break;
      if (text_[at_] != '\\') return stop("a control character in a string; write it as an escape");
      if (!read_escape(value)) return false;
    }
    ++at_;
    out = Node::string(value);
    place(out, from, Style::kDoubleQuoted);
    return true;
  }

  bool read_escape(std::string& value) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (letter == 'u') return read_unicode_escape(value);
    const std::size_t which = letter == '\0' ? std::string_view::npos : kLetters.find(letter);
    if (which == std::string_view::npos) return stop("an unknown escape in a string");
    value += kMeanings[which];
    at_ += 2;
    return true;
  }

  // The value of the \uXXXX at `at`, or -1.
  std::int32_t unicode_at(std::size_t at) const {
    if (at + 6 > text_.size() || text_[at] != '\\' || text_[at + 1] != 'u') return -1;
    std::int32_t out = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
      const int digit = hex_value(text_[i]);
      if (digit < 0) return -1;
      out = out * 16 + digit;
    }
    return out;
  }

  bool read_unicode_escape(std::string& value) {
    const std::int32_t unit = unicode_at(at_);
    if (unit < 0) return stop("a \\u escape needs four hexadecimal digits");
    const bool surrogate = unit >= 0xd800 && unit < 0xe000;
    const std::int32_t low = unit < 0xdc00 && surrogate ? unicode_at(at_ + 6) : -1;
    if (low >= 0xdc00 && low < 0xe000) {
      append_utf8(value, static_cast<std::uint32_t>(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00)));
      at_ += 12;
      return true;
    }
    if (surrogate && limits_.lone_surrogate == LoneSurrogate::kRefuse) {
      return stop("half of a surrogate pair, which is no character");
    }
    append_utf8(value, surrogate ? 0xfffdU : static_cast<std::uint32_t>(unit));
    at_ += 6;
    return true;
  }

  bool check_depth(unsigned depth) {
    return depth <= limits_.depth ||
           stop_at(at_, "nested deeper than " + std::to_string(limits_.depth) + " levels", kJsonTooLarge);
  }

  // After an item: true with `more` set, or the end of the collection, or an error.
  bool read_separator(char close, bool& more) {
    skip_space();
    const char c = peek();
    if (c != ',' && c != close) {
      return stop(close == '}' ? "expected ',' or '}' after a member" : "expected ',' or ']' after an item");
    }
    ++at_;
    more = c == ',';
    if (!more) return true;
    skip_space();
    return peek() != close || stop("a comma before the closing bracket");
  }

  bool read_array(Node& out, unsigned depth) {
    if (!check_depth(depth)) return false;
    const Span from = here();
    Node::Sequence items;
    ++at_;
    skip_space();
    bool more = peek() != ']';
    if (!more) ++at_;
    while (more) {
      if (!read_value(items.emplace_back(), depth) || !read_separator(']', more)) return false;
    }
    out = Node::sequence(std::move(items));
    place(out, from, Style::kFlow);
    return true;
  }

  bool read_member(Member& out, unsigned depth) {
    if (peek() != '"') return stop("expected a key in double quotes");
    if (!count_node() || !read_string(out.key)) return false;
    skip_space();
    if (peek() != ':') return stop("expected ':' after a key");
    ++at_;
    skip_space();
    return read_value(out.value, depth);
  }

  bool read_object(Node& out, unsigned depth) {
    if (!check_depth(depth)) return false;
    const Span from = here();
    Node::Mapping members;
    ++at_;
    skip_space();
    bool more = peek() != '}';
    if (!more) ++at_;
    while (more) {
      if (!read_member(members.emplace_back(), depth) || !read_separator('}', more)) return false;
    }
    if (!check_duplicates(members)) return false;
    out = Node::mapping(std::move(members));
    place(out, from, Style::kFlow);
    return true;
  }

  bool check_duplicates(const Node::Mapping& members) {
    const Member* twice = find_duplicate(members);
    if (twice == nullptr) return true;
    const Span& span = twice->key.span();
    line_ = span.line;
    line_start_ = span.begin + 1 - span.column;
    return stop_at(span.begin, "the key " + json_quote(twice->name()) + " stands here a second time");
  }

  std::string_view text_;
  const JsonLimits& limits_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t nodes_ = 0;
  std::string problem_;
  std::size_t problem_at_ = 0;
  const ErrorCode* code_ = &kJsonMalformed;
};

}  // namespace

Result<Node> read_json(std::string_view text, const JsonLimits& limits, std::string_view file) {
  JsonReader reader(text, limits);
  Node out;
  if (!reader.read_document(out)) return tl::make_unexpected(reader.error(file));
  return out;
}

}  // namespace raykeep::document
