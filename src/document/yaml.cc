// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace raykeep::document {
namespace {

struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct DocumentDeleter {
  void operator()(fy_document* document) const { fy_document_destroy(document); }
};

constexpr std::array<std::string_view, 11> kTrue{"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_decimal(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  if (i == text.size() || (text[i] == '0' && text.size() > i + 1)) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_fraction(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = text.find_first_not_of("0123456789.-") == std::string_view::npos && text.find('.') != std::string_view::npos;
  return plain && error == std::errc{} && end == text.data() + text.size() && text.front() != '.' && text.back() != '.';
}

Node plain_scalar(std::string_view text) {
  if (one_of(text, kNull)) return {};
  if (one_of(text, kTrue)) return Node::boolean(true);
  if (one_of(text, kFalse)) return Node::boolean(false);
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (is_decimal(text) && error == std::errc{} && end == text.data() + text.size()) return Node::integer(integer);
  if (is_fraction(text)) return Node::number(std::string(text));
  return Node::string(std::string(text));
}

class Converter {
 public:
  Converter(const YamlLimits& limits, std::string_view file) : limits_(limits), file_(file) {}

  Result<Node> convert(fy_node* from, unsigned depth) {
    if (depth > limits_.depth) return fail(kYamlMalformed, fmt::format("nested deeper than {}", limits_.depth), place(from));
    if (from == nullptr) return Node();
    if (fy_node_is_alias(from) || fy_node_get_anchor(from) != nullptr) {
      return fail(kYamlMalformed, "anchors and aliases are not taken here; write the value out", place(from));
    }
    Result<Node> out = Node();
    switch (fy_node_get_type(from)) {
      case FYNT_SCALAR: out = scalar(from); break;
      case FYNT_SEQUENCE: out = sequence(from, depth); break;
      case FYNT_MAPPING: out = mapping(from, depth); break;
    }
    if (out) out->set_span(span(from));
    return out;
  }

 private:
  static const fy_mark* mark(fy_node* node) {
    fy_token* token = fy_node_get_type(node) == FYNT_SCALAR ? fy_node_get_scalar_token(node) : nullptr;
    return token == nullptr ? nullptr : fy_token_start_mark(token);
  }
  Span span(fy_node* node) const {
    const fy_mark* at = node == nullptr ? nullptr : mark(node);
    fy_node* first = node;
    // A collection stands where its first scalar stands.
    while (at == nullptr && first != nullptr) {
      if (fy_node_is_sequence(first)) {
        first = fy_node_sequence_get_by_index(first, 0);
      } else if (fy_node_is_mapping(first)) {
        fy_node_pair* pair = fy_node_mapping_get_by_index(first, 0);
        first = pair == nullptr ? nullptr : fy_node_pair_key(pair);
      } else {
        break;
      }
      at = first == nullptr ? nullptr : mark(first);
    }
    if (at == nullptr) return {0, 0, 1, 1};
    return {static_cast<std::uint32_t>(at->input_pos), static_cast<std::uint32_t>(at->input_pos),
            static_cast<std::uint32_t>(at->line + 1), static_cast<std::uint32_t>(at->column + 1)};
  }
  SourcePosition place(fy_node* node) const {
    const Span at = span(node);
    return {std::string(file_), at.line, at.column};
  }

  Result<Node> scalar(fy_node* from) {
    std::size_t length = 0;
    const char* text = fy_node_get_scalar(from, &length);
    const std::string_view value(text == nullptr ? "" : text, length);
    if (fy_node_get_style(from) == FYNS_PLAIN || fy_node_get_style(from) == FYNS_ANY) return plain_scalar(value);
    return Node::string(std::string(value));
  }
  Result<Node> sequence(fy_node* from, unsigned depth) {
    Node out = Node::sequence();
    void* iterator = nullptr;
    while (fy_node* item = fy_node_sequence_iterate(from, &iterator)) {
      RK_TRY(Node value, convert(item, depth + 1));
      out.append(std::move(value));
    }
    return out;
  }
  Result<Node> mapping(fy_node* from, unsigned depth) {
    Node out = Node::mapping();
    void* iterator = nullptr;
    while (fy_node_pair* pair = fy_node_mapping_iterate(from, &iterator)) {
      fy_node* key_node = fy_node_pair_key(pair);
      if (key_node == nullptr || !fy_node_is_scalar(key_node)) return fail(kYamlMalformed, "a key must be a plain text", place(from));
      std::size_t length = 0;
      const char* text = fy_node_get_scalar(key_node, &length);
      Node key = Node::string(std::string(text, length));
      key.set_span(span(key_node));
      if (out.find(key.text()) != nullptr) return fail(kYamlMalformed, fmt::format("the key \"{}\" stands twice", key.text()), place(key_node));
      RK_TRY(Node value, convert(fy_node_pair_value(pair), depth + 1));
      if (value.span().line <= 1 && fy_node_pair_value(pair) == nullptr) value.set_span(key.span());
      out.members().push_back({std::move(key), std::move(value)});
    }
    return out;
  }

  const YamlLimits& limits_;
  std::string_view file_;
};

Error first_problem(fy_diag* diag, std::string_view file) {
  void* iterator = nullptr;
  if (fy_diag_error* error = fy_diag_errors_iterate(diag, &iterator)) {
    return Error(kYamlMalformed, error->msg == nullptr ? "it is not YAML" : error->msg,
                 {std::string(file), static_cast<std::size_t>(std::max(0, error->line)), static_cast<std::size_t>(std::max(0, error->column))});
  }
  return Error(kYamlMalformed, "it is not YAML", {std::string(file), 0, 0});
}

}  // namespace

Result<Node> read_yaml(std::string_view text, const YamlLimits& limits, std::string_view file) {
  if (text.size() > limits.bytes) return fail(kYamlMalformed, fmt::format("it is larger than {} bytes", limits.bytes), {std::string(file), 0, 0});
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_config));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_1);
  config.diag = diag.get();
  const std::unique_ptr<fy_document, DocumentDeleter> document(fy_document_build_from_string(&config, text.data(), text.size()));
  if (!document) return tl::make_unexpected(first_problem(diag.get(), file));
  return Converter(limits, file).convert(fy_document_root(document.get()), 0);
}

}  // namespace raykeep::document
