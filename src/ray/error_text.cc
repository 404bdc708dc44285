// SPDX-License-Identifier: Apache-2.0
#include "ray/error_text.h"

#include "core/encoding.h"

namespace raykeep::ray {
namespace {

constexpr std::size_t kLongestText = 500;
constexpr std::string_view kGeneral = "The dashboard reported an error.";

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

// The last line of a traceback is the exception; of other texts the first line is the message.
std::string_view telling_line(std::string_view body) {
  body = trim(body);
  if (body.find("Traceback (most recent call last)") == std::string_view::npos)
    return trim(body.substr(0, body.find('\n')));
  const std::size_t last = body.rfind('\n');
  return trim(last == std::string_view::npos ? std::string_view{} : body.substr(last + 1));
}

bool is_delimiter(char c) {
  return c == ' ' || c == '\'' || c == '"' || c == '(' || c == ')' || c == ',' || c == ';';
}

// An absolute path, or a host with a port.
bool shows_the_inside(std::string_view word) {
  if (word.size() > 1 && word.front() == '/') return true;
  if (word.find("://") != std::string_view::npos) return true;
  const std::size_t colon = word.rfind(':');
  const bool port =
      colon != std::string_view::npos && colon + 1 < word.size() && word[colon + 1] >= '0' && word[colon + 1] <= '9';
  return port && word.find('.') != std::string_view::npos;
}

}  // namespace

std::string public_error_text(std::string_view body) {
  const std::string_view line = telling_line(body);
  const bool readable = !line.empty() && is_utf8(line) && line.front() != '{' && line.front() != '<';
  if (!readable) return std::string(kGeneral) + "\n";
  std::string out;
  for (std::size_t i = 0; i < line.size() && out.size() < kLongestText;) {
    std::size_t end = i;
    while (end < line.size() && !is_delimiter(line[end])) ++end;
    const std::string_view word = line.substr(i, end - i);
    out += shows_the_inside(word) ? std::string_view("<removed>") : word;
    if (end < line.size()) out += line[end];
    i = end + 1;
  }
  return out + "\n";
}

}  // namespace raykeep::ray
