using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class CpuTemplateTests
{
    [Fact]
    public void ApplyTo_SupportedLeaves_ChangesTheNamedBitsOfTheNamedLeafAlone()
    {
        KvmCpuidEntry2[] supported =
        [
            new() { Function = 7, Index = 0, Ebx = 0xffff_0000, Edx = 5 },
            new() { Function = 7, Index = 1, Eax = 1, Ebx = 0xffff_0000 },
        ];
        CpuidRegisterModifier[] registers =
        [
            new(CpuidRegister.Eax, new BitFilter(0x8000_0001, 0x8000_0000)),
            new(CpuidRegister.Ebx, new BitFilter(0xf000_000f, 0xa)),
            new(CpuidRegister.Ecx, new BitFilter(uint.MaxValue, 7)),
            new(CpuidRegister.Edx, new BitFilter(0, 0)),
        ];

        new CpuTemplate([], [new CpuidModifier(7, 1, 1, registers)], []).ApplyTo(supported);

        KvmCpuidEntry2 changed = supported[1];
        Assert.Equal((1u, 0x8000_0000u, 0x0fff_000au, 7u, 0u), (changed.Flags, changed.Eax, changed.Ebx, changed.Ecx, changed.Edx));
        Assert.Equal((0u, 0xffff_0000u, 5u), (supported[0].Flags, supported[0].Ebx, supported[0].Edx));
    }

    [Fact]
    public void ApplyTo_LeafThatKvmLacks_NamesIt()
    {
        KvmCpuidEntry2[] supported = [new() { Function = 7 }];
        CpuTemplate template = new([], [new CpuidModifier(7, 2, 0, [])], []);
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => template.ApplyTo(supported));
        Assert.Equal(ExitCode.BadConfiguration, fault.Code);
        Assert.Contains("leaf 0x7, subleaf 0x2", fault.Message, StringComparison.Ordinal);
    }
}
