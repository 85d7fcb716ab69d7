#include "entrospect/estimators/shares.hpp"

#include <algorithm>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"

namespace entrospect {

std::vector<double> shares(std::vector<double> weights, const std::vector<std::size_t>& kept, std::string_view who) {
  if (weights.empty()) return weights;
  if (!kept.empty()) {
    std::vector<double> left;
    for (const std::size_t row : kept) left.push_back(weights[row]);
    weights = std::move(left);
  }
  const double largest = *std::max_element(weights.begin(), weights.end());
  if (!(largest > 0)) throw InvalidArgument(std::string(who) + ": the weights of the rows that are left sum to 0");
  for (double& w : weights) w /= largest;  // first, so that no sum overflows
  const double total = sum(weights);
  for (double& w : weights) w /= total;
  return weights;
}

}  // namespace entrospect
