// SPDX-License-Identifier: Apache-2.0
// Who runs, borrows, waits and is evicted under a tree of quotas, as pods come and go. Pure: no clock, no nodes. The
// cluster is one pool, so a pod that fits here may still find no single node with room.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "quota/tree.h"

namespace raykeep::quota {

inline constexpr ErrorCode kBadWorkload{"quota-workload", ErrorKind::kInput, ""};

// Pods that are alike.
struct PodSet {
  std::string name;  // "head", "worker group small"; empty for the pods of a workload that has one kind
  std::size_t count = 1;
  Amounts requests;
  bool preemptible = true;
  bool head = false;  // of a Ray cluster, which ends with it
};

struct Workload {
  std::string name;
  std::string ns;     // whose leaf it counts in, unless `quota` says
  std::string quota;  // the leaf itself; empty for that of the namespace
  std::int64_t priority = 0;
  std::vector<PodSet> pods;
};

enum class What : std::uint8_t { kRuns, kWaits, kEvicted, kEnds };
std::string_view what_name(What what);

// What became of one pod, or of a workload where the dialect admits it as a whole (Kueue).
struct Event {
  What what = What::kRuns;
  std::string pod;
  std::string quota;                  // its leaf; empty for a namespace that is under none
  Amounts borrowed;                   // of what it took, the part above the leaf's min
  std::vector<std::string> evicted;   // for it
  std::string because;                // of kWaits and kEvicted, a sentence
};

class Simulator {
 public:
  // `capacity` bounds the root; resources that are not there are bounded by the root's own max alone.
  Simulator(const Tree& tree, const Amounts& capacity);

  // Fails for a name that is taken, and for a quota that is unknown, no leaf, or one of several of the namespace.
  Result<std::vector<Event>> submit(const Workload& workload);
  // Fails for a name that is not there.
  Result<std::vector<Event>> finish(const std::string& workload);

  const Tree& tree() const { return tree_; }
  // What the running pods at and below a quota ask for.
  const Amounts& used(std::size_t quota) const { return own_[quota]; }
  // How far that is above its min: what it has borrowed. Nothing of a resource that it does not share.
  kube::Quantity borrowed(std::size_t quota, const std::string& resource) const;
  std::vector<std::string> waiting() const;

 private:
  static constexpr std::size_t kNowhere = kNoParent - 1;  // a namespace under no quota

  enum class State : std::uint8_t { kWaiting, kRunning };
  struct Unit {
    std::string workload, name;
    std::size_t leaf = kNowhere;
    Amounts requests;
    std::int64_t priority = 0;
    bool preemptible = true, head = false;
    State state = State::kWaiting;
    bool told = false;  // that it waits
  };
  // The first bound that stands in the way, from the leaf up.
  struct Blocked {
    std::size_t quota = 0;
    std::string resource;
    kube::Quantity used, asked, most;
  };

  Result<std::size_t> leaf_of(const Workload& workload) const;
  std::optional<Blocked> blocked(const Unit& unit) const;
  void take(const Unit& unit, bool give_back);
  std::size_t claim(const Unit& unit, const std::string& resource) const;
  bool yields(std::size_t victim, std::size_t index, const Blocked& at, std::size_t claimed) const;
  bool below(std::size_t quota, std::size_t ancestor) const;
  std::optional<std::size_t> pick(std::size_t index, const Blocked& at) const;
  std::vector<std::size_t> make_room(std::size_t index);
  void spare(std::size_t index, std::vector<std::size_t>& evicted);
  bool place(std::size_t index, bool may_evict, std::vector<Event>& events);
  std::vector<std::size_t> queue() const;
  std::vector<Event> settle();
  Amounts borrowed(const Unit& unit) const;
  std::string sentence(const Blocked& at) const;

  Tree tree_;
  std::vector<Amounts> own_;      // asked for by running pods at and below each quota
  std::vector<Amounts> charged_;  // the same with what children keep for themselves, as the parent sees it
  std::vector<Unit> units_;       // in the order in which they came
};

}  // namespace raykeep::quota
