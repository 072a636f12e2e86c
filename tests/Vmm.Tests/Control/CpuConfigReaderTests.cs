using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Arch.Arm64.CpuTemplates;
using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Tests.Control;

public sealed class CpuConfigReaderTests
{
    private const string Whole = """
        {
          "kvm_capabilities": ["171", "!56"],
          "cpuid_modifiers": [
            {"leaf": "0x80000001", "subleaf": "0b1", "flags": 1,
             "modifiers": [{"register": "ecx", "bitmap": "0b1x_0"}, {"register": "edx", "bitmap": "1"}]}
          ],
          "msr_modifiers": [{"addr": "0x10a", "bitmap": "0b1xxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxx01"}]
        }
        """;

    private static CpuTemplate Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    private static CpuTemplate Read(byte[] json, Architecture architecture = Architecture.X64)
    {
        var cursor = new JsonCursor(json, "cpu-config");
        CpuTemplate template = CpuConfigReader.Read(ref cursor, architecture);
        cursor.End();
        return template;
    }

    [Fact]
    public void Read_EveryField_GivesTheTemplate()
    {
        CpuTemplate template = Read(Whole);
        Assert.Equal([new CapabilityModifier(171, true), new CapabilityModifier(56, false)], template.Capabilities);
        CpuidModifier leaf = Assert.Single(template.Cpuid);
        Assert.Equal((0x8000_0001u, 1u, 1u), (leaf.Leaf, leaf.Subleaf, leaf.Flags));
        Assert.Equal(
            [
                new CpuidRegisterModifier(CpuidRegister.Ecx, new BitFilter(0b101, 0b100)),
                new CpuidRegisterModifier(CpuidRegister.Edx, new BitFilter(1, 1)),
            ],
            leaf.Registers);
        Assert.Equal([new MsrModifier(0x10a, new BitFilter((1UL << 63) | 3, (1UL << 63) | 1))], template.Msrs);
    }

    [Fact]
    public void Read_EveryFieldOfArm_GivesTheTemplate()
    {
        CpuTemplate template = Read(
            """
            {
              "kvm_capabilities": ["!102"],
              "vcpu_features": [{"index": 0, "bitmap": "0b11xxxx"}, {"index": 6, "bitmap": "0b0"}],
              "reg_modifiers": [{"addr": "0x603000000013c020", "bitmap": "0bxxxx_0000_1"}]
            }
            """u8.ToArray(),
            Architecture.Arm64);
        Assert.Equal([new CapabilityModifier(102, false)], template.Capabilities);
        Assert.Equal([new FeatureModifier(0, new BitFilter(0x30, 0x30)), new FeatureModifier(6, new BitFilter(1, 0))], template.Features);
        Assert.Equal([new RegisterModifier(0x6030_0000_0013_c020, new BitFilter(0x1f, 1))], template.Registers);
    }

    [Theory]
    [InlineData("""{"cpuid_modifiers": []}""", "cpu-config.cpuid_modifiers", "x86_64")]
    [InlineData("""{"msr_modifiers": []}""", "cpu-config.msr_modifiers", "x86_64")]
    [InlineData("""{"vcpu_features": [{"index": 7, "bitmap": "0b1"}]}""", "cpu-config.vcpu_features[0].index", "0 to 6")]
    [InlineData("""{"vcpu_features": [{"index": 0, "bitmap": "0b000000000000000000000000000000000"}]}""", "cpu-config.vcpu_features[0].bitmap", "at most 32")]
    [InlineData("""{"vcpu_features": [{"bitmap": "0b1"}]}""", "cpu-config.vcpu_features[0].index", "the field")]
    [InlineData("""{"reg_modifiers": [{"addr": "0x6040000000100050", "bitmap": "0b1"}]}""", "cpu-config.reg_modifiers[0].addr", "32 or 64 bits")]
    [InlineData("""{"reg_modifiers": [{"addr": "0x60300000001000500", "bitmap": "0b1"}]}""", "cpu-config.reg_modifiers[0].addr", "64 bits")]
    [InlineData("""{"reg_modifiers": [{"addr": "0x603000000013c020"}]}""", "cpu-config.reg_modifiers[0].bitmap", "the field")]
    public void Read_WhatIsWrongOnArm_NamesFieldAndWhatBelongsThere(string json, string path, string expected)
    {
        VmConfigException fault = Assert.Throws<VmConfigException>(() => Read(Encoding.UTF8.GetBytes(json), Architecture.Arm64));
        Assert.Equal(path, fault.Path);
        Assert.Contains(expected, fault.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Nothing_ChangesNothing()
    {
        CpuTemplate template = Read("{ }");
        Assert.Equal((0, 0, 0), (template.Capabilities.Count, template.Cpuid.Count, template.Msrs.Count));
    }

    [Theory]
    [InlineData("""{"reg_modifiers": []}""", "cpu-config.reg_modifiers", "aarch64")]
    [InlineData("""{"vcpu_features": []}""", "cpu-config.vcpu_features", "aarch64")]
    [InlineData("""{"cpuid": []}""", "cpu-config", "only the fields")]
    [InlineData("""{"kvm_capabilities": [171]}""", "cpu-config.kvm_capabilities[0]", "a string")]
    [InlineData("""{"kvm_capabilities": ["1", "!"]}""", "cpu-config.kvm_capabilities[1]", "number of a KVM capability")]
    [InlineData("""{"kvm_capabilities": ["-1"]}""", "cpu-config.kvm_capabilities[0]", "number of a KVM capability")]
    [InlineData("""{"kvm_capabilities": ["4294967296"]}""", "cpu-config.kvm_capabilities[0]", "number of a KVM capability")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x1"}]}""", "cpu-config.msr_modifiers[0].bitmap", "the field")]
    [InlineData("""{"msr_modifiers": [{"bitmap": "0b1"}]}""", "cpu-config.msr_modifiers[0].addr", "the field")]
    [InlineData("""{"msr_modifiers": [{"addr": "266", "bitmap": "0b1"}]}""", "cpu-config.msr_modifiers[0].addr", "0x or 0b")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x100000000", "bitmap": "0b1"}]}""", "cpu-config.msr_modifiers[0].addr", "32 bits")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x", "bitmap": "0b1"}]}""", "cpu-config.msr_modifiers[0].addr", "32 bits")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x1", "bitmap": "0b2"}]}""", "cpu-config.msr_modifiers[0].bitmap", "at most 64")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x1", "bitmap": "0b00000000000000000000000000000000000000000000000000000000000000000"}]}""", "cpu-config.msr_modifiers[0].bitmap", "at most 64")]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0x0", "flags": 0}]}""", "cpu-config.cpuid_modifiers[0].modifiers", "the field")]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0x0", "modifiers": []}]}""", "cpu-config.cpuid_modifiers[0].flags", "the field")]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0x0", "flags": -1, "modifiers": []}]}""", "cpu-config.cpuid_modifiers[0].flags", "whole number")]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0x0", "flags": 0, "modifiers": [{"register": "eip", "bitmap": "0b1"}]}]}""", "cpu-config.cpuid_modifiers[0].modifiers[0].register", "eax, ebx")]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0x0", "flags": 0, "modifiers": [{"register": "eax", "bitmap": "0b000000000000000000000000000000000"}]}]}""", "cpu-config.cpuid_modifiers[0].modifiers[0].bitmap", "at most 32")]
    public void Read_WhatIsWrong_NamesFieldAndWhatBelongsThere(string json, string path, string expected)
    {
        VmConfigException fault = Assert.Throws<VmConfigException>(() => Read(json));
        Assert.Equal(path, fault.Path);
        Assert.Contains(expected, fault.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreElementsThanAnyTemplateNeeds_IsRefused()
    {
        string many = string.Join(',', Enumerable.Repeat("\"1\"", 257));
        Assert.Contains("at most 256", Assert.Throws<VmConfigException>(() => Read($"{{\"kvm_capabilities\": [{many}]}}")).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedTemplates_ThrowNothingElse()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Whole);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length]).Sample(
            (at, value, length) =>
            {
                byte[] damaged = whole[..length];
                if (at < length)
                {
                    damaged[at] = value;
                }

                try
                {
                    return Read(damaged).Msrs.Count <= 1;
                }
                catch (VmConfigException fault)
                {
                    return fault.Message.Length > 0;
                }
            },
            iter: 5_000);
    }
}
