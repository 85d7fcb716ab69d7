#pragma once
// entrospect selftest: known answers through the installed binary, offline, in seconds.

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace entrospect::cli {

struct KnownAnswer {
  std::string name;
  double expected = 0, tolerance = 0;
  std::function<double()> compute;
};
// Closed forms, published figures and independent high-precision values; degenerate spectra and the promise of same bits included.
std::vector<KnownAnswer> known_answers();

// Prints one line per check (or JSON) and returns 0, or 1 when any check fails or throws.
int selftest(std::span<const KnownAnswer> answers, bool json);

}  // namespace entrospect::cli
