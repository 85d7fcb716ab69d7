#include "entrospect/estimators/gradient.hpp"

#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect {

ValueAndGradient value_and_gradient(std::string_view name, const Inputs& inputs, const OptionMap& options, const Context& context) {
  const EstimatorInfo& info = find_estimator(name);
  if (info.gradient) return info.gradient(inputs, options, context);
  std::string with;
  for (const EstimatorInfo* other : catalogue())
    if (other->gradient) with += (with.empty() ? "'" : ", '") + other->card.name + "'";
  throw InvalidArgument(info.card.name + ": has no gradient; estimators that have one: " + with);
}

}  // namespace entrospect
