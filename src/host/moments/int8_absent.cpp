#include "arete/moments/int8_instructions.hpp"

namespace arete {

const Int8Instructions* amx_instructions() noexcept { return nullptr; }

const Int8Instructions* vnni_instructions() noexcept { return nullptr; }

const Int8Instructions* avx2_instructions() noexcept { return nullptr; }

}  // namespace arete
