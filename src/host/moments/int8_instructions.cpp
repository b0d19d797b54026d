#include "arete/moments/int8_instructions.hpp"

#include <string_view>

#include "arete/core/error.hpp"

namespace arete {

namespace {

const Int8Instructions* present(const Int8Instructions* instructions, std::string_view kernel,
                                std::string_view name) {
  if (instructions == nullptr) {
    fail(ErrorKind::unavailable,
         "the {} kernel was asked for, but this CPU has no {}, or the system withholds it; leave "
         "the choice to auto",
         kernel, name);
  }
  return instructions;
}

}  // namespace

const Int8Instructions* int8_instructions(IntegerKernel kernel) {
  switch (kernel) {
    case IntegerKernel::amx:
      return present(amx_instructions(), "amx", "AMX");
    case IntegerKernel::vnni:
      return present(vnni_instructions(), "vnni", "AVX-512 VNNI");
    case IntegerKernel::avx2:
      return present(avx2_instructions(), "avx2", "AVX2");
    case IntegerKernel::float64:
      return nullptr;
    case IntegerKernel::emulated:
      fail(ErrorKind::unavailable,
           "the emulated kernel was asked for, but that is a GPU's; leave the choice to auto, or "
           "use --device cuda");
    case IntegerKernel::automatic:
      break;
  }
  if (amx_instructions() != nullptr) return amx_instructions();
  return vnni_instructions() != nullptr ? vnni_instructions() : avx2_instructions();
}

}  // namespace arete
