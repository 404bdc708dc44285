// SPDX-License-Identifier: Apache-2.0
// The changes of one document of a text. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/edit_place.h"

namespace raykeep::document {

// A text in which pieces were exchanged, and where the bytes that stayed came from.
class PieceTable {
 public:
  explicit PieceTable(std::size_t size);
  // `edits` are of the present text, ascending.
  void apply(const std::vector<Edit>& edits);
  // All that happened as edits of the first text, as small as they can be.
  std::vector<Edit> edits_of(std::string_view first) const;

 private:
  struct Piece {
    std::size_t begin = 0;  // in the first text
    std::size_t length = 0;
    std::string text;       // when it is a new piece
    bool is_new = false;
  };
  std::vector<Piece> pieces_;
};

// A change and what became of it.
struct PendingChange {
  const Change* change = nullptr;
  bool done = false;                    // false when it was true already
  std::optional<std::string> refusal;   // goes on from the path; with it nothing was done
  std::size_t refused_at = 0;           // how many steps of the path the refusal speaks about
  bool unverified = false;              // the text was changed on trial and said something else than it should
};

class DocumentEdit {
 public:
  // `text` is that of the document alone, `root` what it says; `eol` is for a text of one line.
  DocumentEdit(std::string_view text, const Node& root, std::string_view eol, bool json, const YamlLimits& limits);

  // Does the changes in order, or says of each why not.
  void run(std::vector<PendingChange>& changes);

  const Node& tree() const { return tree_; }  // what the text says by now; its places are those of the document alone
  std::vector<Edit> edits() const { return pieces_.edits_of(first_); }

 private:
  struct Round;
  // Plans as many changes as do not touch each other, for one reading of the text; returns the others.
  std::vector<PendingChange*> run_round(const std::vector<PendingChange*>& pending);
  void plan(PendingChange& pending, Round& round);
  void run_alone(PendingChange& pending);
  // Takes the edits over if the text then says what is expected, or, without expectation, if it can be read.
  bool commit(std::vector<Edit> edits, const Node* expected);
  std::optional<Node> read(std::string_view text) const;

  std::string_view first_;
  std::string text_;
  Node tree_;
  PieceTable pieces_;
  std::string eol_;
  bool json_;
  YamlLimits limits_;
};

// The text is a template, or somebody's who writes like one: "{{" stands in it outside of quotes and block scalars.
bool is_template(std::string_view text, const Node& root);

}  // namespace raykeep::document
