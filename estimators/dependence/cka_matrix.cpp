#include "entrospect/estimators/dependence/cka_matrix.hpp"

#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/dependence/hsic_sums.hpp"

namespace entrospect {
namespace {

constexpr const char* kName = "cka_matrix";

std::vector<std::string> named(std::vector<std::string> names, std::size_t count) {
  if (!names.empty() && names.size() != count)
    throw InvalidArgument(std::string(kName) + ": " + std::to_string(names.size()) + " names for " + std::to_string(count) + " matrices");
  for (std::size_t l = names.size(); l < count; ++l) names.push_back(std::to_string(l));
  return names;
}

void check(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const CkaOptions& o) {
  const std::string who = std::string(kName) + ": ";
  if (samples.empty()) throw InvalidArgument(who + "no matrices; pass at least one");
  for (std::size_t l = 1; l < samples.size(); ++l)
    if (samples[l].n() != samples[0].n())
      throw InvalidArgument(who + "'" + names[l] + "' has " + std::to_string(samples[l].n()) + " rows where '" + names[0] + "' has " +
                            std::to_string(samples[0].n()) + "; rows of all matrices belong together");
  if (o.null != PermutationNull::none) throw InvalidArgument(who + "has no null; call cka on a pair with null = 'permutation'");
  if (!o.compat.empty()) throw InvalidArgument(who + "compat = '" + o.compat + "' is of cka only");
}

}  // namespace

std::vector<double> cka_matrix(const std::vector<SampleMatrix>& samples, const CkaOptions& options, const std::vector<std::string>& names,
                               const Context& context) {
  const std::vector<std::string> labels = named(names, samples.size());
  check(samples, labels, options);
  const CkaOptions o = cka_options(options);
  Estimate facts;
  facts.estimator = kName;
  std::vector<double> out = hsic_products(samples, labels, hsic_plan(o), facts, context);
  const std::size_t count = samples.size();
  std::vector<double> roots(count);
  for (std::size_t l = 0; l < count; ++l) roots[l] = std::sqrt(out[l * count + l]);
  for (std::size_t l = 0; l < count; ++l)
    for (std::size_t m = 0; m < count; ++m) out[l * count + m] = l == m ? 1 : out[l * count + m] / (roots[l] * roots[m]);
  return out;
}

}  // namespace entrospect
