#pragma once
// What the cards of diffusion spectral entropy and its siblings cite.

namespace entrospect {

inline constexpr const char* kDiffusionPaper =
    "Liao, Liu, Christensen, Tong, Huguet, Wolf, Nickel, Adelstein, Krishnaswamy: Assessing neural network representations during training "
    "using noise-resilient diffusion spectral entropy, CISS 2024";

}  // namespace entrospect
