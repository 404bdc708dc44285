// SPDX-License-Identifier: Apache-2.0
// One value of a YAML or JSON document, with everything below it and the place in the text where each part stands.
// A plain value: copied, moved, edited. Copies share what they hold until one of them is changed, so a copy of any tree
// costs nothing; a reference into a tree must not be written through after the tree was copied. Mappings keep the order
// of the text and never hold a key twice.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raykeep::document {

enum class Kind : std::uint8_t { kNull, kBoolean, kInteger, kNumber, kString, kSequence, kMapping };
// "null", "a boolean", "an integer" ... as a sentence wants it.
std::string_view kind_name(Kind kind);

// How a value is written; what an edit has to keep.
enum class Style : std::uint8_t { kBuilt, kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded, kBlock, kFlow };

// Where a value stands in its text: bytes [begin, end), and the line and column of `begin`. Lines and columns count
// from 1, columns in bytes; line 0 means that the value was built, not read.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Span&) const = default;
};

struct Member;

class Node {
 public:
  using Sequence = std::pmr::vector<Node>;
  using Mapping = std::pmr::vector<Member>;

  Node() = default;  // null
  Node(const Node& other) noexcept : value_(other.value_), span_(other.span_), size_(other.size_), kind_(other.kind_), style_(other.style_), shared_(other.shared_), tagged_(other.tagged_) {
    if (owners() != nullptr) owners()->fetch_add(1, std::memory_order_relaxed);
  }
  Node(Node&& other) noexcept : value_(other.value_), span_(other.span_), size_(other.size_), kind_(other.kind_), style_(other.style_), shared_(other.shared_), tagged_(other.tagged_) {
    other.kind_ = Kind::kNull;
  }
  Node& operator=(const Node& other) { return *this = Node(other); }
  Node& operator=(Node&& other) noexcept;
  ~Node() {
    if (owners() != nullptr && owners()->fetch_sub(1, std::memory_order_acq_rel) == 1) release();
  }
  static Node boolean(bool value);
  static Node integer(std::int64_t value);
  // `text` is a JSON number and is kept as it is.
  static Node number(std::string_view text);
  static Node string(std::string_view value);
  static Node sequence();
  static Node sequence(Sequence items);
  static Node mapping();
  static Node mapping(Mapping members);
  // The same in the memory of an arena, which must outlive the node and every copy of it, and destroys nothing that stands in
  // it. So what items and members hold must stand there too; they are moved.
  static Node sequence(std::span<Node> items, std::pmr::memory_resource& arena);
  static Node mapping(std::span<Member> members, std::pmr::memory_resource& arena);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_boolean() const { return kind_ == Kind::kBoolean; }
  bool is_integer() const { return kind_ == Kind::kInteger; }
  bool is_number() const { return kind_ == Kind::kInteger || kind_ == Kind::kNumber; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_sequence() const { return kind_ == Kind::kSequence; }
  bool is_mapping() const { return kind_ == Kind::kMapping; }

  // The value if it is of that kind. as_integer gives nothing for integers beyond 64 bits.
  std::optional<bool> as_boolean() const;
  std::optional<std::int64_t> as_integer() const;
  std::optional<double> as_double() const;
  std::optional<std::string_view> as_string() const;

  // Moves a long text into an arena. Precondition: no copy has it.
  void settle(std::pmr::memory_resource& arena);

  // A string's value, a number's JSON text, "true", "false"; empty for null, sequences and mappings.
  std::string_view text() const;

  // The items of a sequence, the members of a mapping; empty for every other kind.
  const Sequence& items() const;
  const Mapping& members() const;
  // For editing: from here on not shared with copies. Precondition: the kind fits. Until the first look, an empty one costs
  // no memory.
  Sequence& items();
  Mapping& members();

  // The value of a key of this mapping; null pointer when there is none or this is no mapping. Linear, but for most keys that
  // are not there.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Member* find_member(std::string_view key) const;
  // find() along a path of keys; null pointer as soon as one is missing.
  const Node* find_path(std::initializer_list<std::string_view> keys) const;

  // Sets a key of this mapping: replaces its value in place, or appends it. A null becomes a mapping first.
  // Precondition: this is a mapping or null.
  Node& set(std::string_view key, Node value);
  // Removes a key; false when there was none.
  bool erase(std::string_view key);
  Node& append(Node value);
  // Room for so many more members, so that they grow once. Precondition: this is a mapping.
  void reserve(std::size_t more);

  const Span& span() const { return span_; }
  void set_span(const Span& span) { span_ = span; }
  Style style() const { return style_; }
  void set_style(Style style) { style_ = style; }
  // Its text stands under an anchor or was brought here by an alias or a merge key: an edit would change other places.
  bool shared() const { return shared_; }
  void set_shared(bool shared) { shared_ = shared; }
  // Written with an explicit YAML tag ("!!str 1").
  bool tagged() const { return tagged_; }
  void set_tagged(bool tagged) { tagged_ = tagged; }

  // The same values, whatever the places, styles and order of keys. Numbers are compared by their text.
  friend bool same_value(const Node& a, const Node& b);

 private:
  // A manifest is mostly short texts, so a node is small: texts of up to 16 bytes stand in it, and what is longer or has
  // parts of its own lies elsewhere, with the number of nodes that it belongs to.
  static constexpr std::size_t kLongestNear = 16;
  using Owners = std::atomic<std::uint32_t>;
  struct Text;
  template <typename List>
  struct Shared;
  union Value {
    bool flag;
    std::array<char, kLongestNear> near;
    Text* far;
    Shared<Sequence>* items;
    Shared<Mapping>* members;
  };

  Node(Kind kind, std::string_view text, std::pmr::memory_resource* arena = nullptr);
  bool has_text() const { return kind_ == Kind::kInteger || kind_ == Kind::kNumber || kind_ == Kind::kString; }
  const char* bytes() const;  // of a text
  Owners* owners() const;     // null pointer where nothing lies elsewhere
  void release() noexcept;
  template <typename List>
  static Shared<List>& unshare(Shared<List>*& list);
  template <typename List>
  static Shared<List>* in_arena(std::span<typename List::value_type> parts, std::pmr::memory_resource& arena);

  Value value_{};
  Span span_;
  std::uint32_t size_ = 0;  // of a text
  Kind kind_ = Kind::kNull;
  Style style_ = Style::kBuilt;
  bool shared_ = false;
  bool tagged_ = false;
};

// A key, a string with its own place, and its value. Keys that YAML reads as numbers or booleans stand here as JSON text.
struct Member {
  Node key;
  Node value;
  std::string_view name() const { return key.text(); }
};

// What every look into a tree comes by.
struct Node::Text {
  Owners owners{1};
  // As many as the node's size stand behind this.
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};
template <typename List>
struct Node::Shared {
  Owners owners{1};
  // Of a mapping: a bit for each of its keys, so that most keys that are not there are not looked for; all of them once
  // somebody may have changed a key.
  std::uint64_t digest = 0;
  List list;
};
inline const Node::Sequence kNoItems;
inline const Node::Mapping kNoMembers;
inline const char* Node::bytes() const { return size_ > kLongestNear ? value_.far->bytes() : value_.near.data(); }
inline Node::Owners* Node::owners() const {
  if (kind_ <= Kind::kBoolean) return nullptr;
  if (kind_ < Kind::kSequence) return size_ > kLongestNear ? &value_.far->owners : nullptr;
  if (is_sequence()) return value_.items == nullptr ? nullptr : &value_.items->owners;
  return value_.members == nullptr ? nullptr : &value_.members->owners;
}
inline std::string_view Node::text() const {
  if (has_text()) return {bytes(), size_};
  if (is_boolean()) return value_.flag ? "true" : "false";
  return {};
}
inline const Node::Sequence& Node::items() const { return is_sequence() && value_.items != nullptr ? value_.items->list : kNoItems; }
inline const Node::Mapping& Node::members() const { return is_mapping() && value_.members != nullptr ? value_.members->list : kNoMembers; }

bool same_value(const Node& a, const Node& b);

// The texts of a list; none of a null pointer.
std::vector<std::string> texts_of(const Node* list);

// The second of two members with the same name, or null pointer. Sorts: a hostile choice of keys costs n log n.
const Member* find_duplicate(std::span<const Member> members);

}  // namespace raykeep::document
