#pragma once
// Functionals of non-negative weights, written once: spectra, probability tables and logits all end here (spectral.md 1.2).

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

// H_q = ln(sum p^q) / (1 - q) in nats, p = weights / sum, weights >= 0. q = 0 counts weights > rank_tolerance * largest; q = 1 is Shannon;
// q = inf is -ln max p. Near q = 1 the form -log1p(sum p expm1(s ln p)) / s, s = q - 1, holds to 1e-15 for every s != 0. 0 ln 0 = 0.
double renyi_entropy(std::span<const double> weights, double order, double rank_tolerance = 0);
// T_q = (1 - sum p^q) / (q - 1).
double tsallis_entropy(std::span<const double> weights, double order, double rank_tolerance = 0);

// Bounds of H_1 when only the largest weights are known: `head` descending, `total` their exact sum with the tail, at most `tail` further
// weights, each at most the last of head.
struct EntropyBounds {
  double low = 0, high = 0;
};
EntropyBounds shannon_bounds(std::span<const double> head, double total, std::size_t tail);

// The weights of a spectrum: checks positive semi-definiteness (InvalidArgument naming lam_min below -tolerance), sets round-off negatives
// to 0.
std::vector<double> psd_weights(const Spectrum& s, std::string_view who);

}  // namespace entrospect
