using System.Globalization;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Arch.Arm64.CpuTemplates;
using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Interop.Kvm.Arm64;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "cpu-config", Firecracker's custom CPU template.</summary>
internal static class CpuConfigReader
{
    /// <summary>More than KVM has leaves, and far more than any template changes.</summary>
    private const int MaxElements = 256;

    /// <summary>128 digits, the prefix, and an underscore after each.</summary>
    private const int MaxBitmapBytes = 258;
    private const int MaxNumberBytes = 66;
    private const int CpuidBits = 32;
    private const int RegisterBits = 64;
    private const int FeatureBits = 32;

    // The size of an Arm register in its number: 2 to the power of bits 55 to 52 bytes.
    private const int SizeShift = 52;
    private const ulong SizeMask = 0xf;

    private static readonly string[] s_fields =
        ["kvm_capabilities", "cpuid_modifiers", "msr_modifiers", "reg_modifiers", "vcpu_features"];

    private static readonly string[] s_leafFields = ["leaf", "subleaf", "flags", "modifiers"];
    private static readonly string[] s_registerFields = ["register", "bitmap"];
    private static readonly string[] s_addressFields = ["addr", "bitmap"];
    private static readonly string[] s_featureFields = ["index", "bitmap"];

    // In the order of CpuidRegister.
    private static readonly string[] s_registers = ["eax", "ebx", "ecx", "edx"];

    private delegate T ElementReader<T>(ref JsonCursor cursor);

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, malformed, or of another architecture.</exception>
    internal static CpuTemplate Read(ref JsonCursor cursor) => Read(ref cursor, RuntimeInformation.ProcessArchitecture);

    /// <summary>As above, for processors of this architecture.</summary>
    internal static CpuTemplate Read(ref JsonCursor cursor, Architecture architecture)
    {
        bool isX64 = architecture == Architecture.X64;
        JsonObjectScope scope = cursor.EnterObject();
        CpuTemplate template = new([], [], []);
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "kvm_capabilities":
                    template = template with { Capabilities = ReadArray(ref cursor, ReadCapability) };
                    break;
                case "cpuid_modifiers" when isX64:
                    template = template with { Cpuid = ReadArray(ref cursor, ReadLeaf) };
                    break;
                case "msr_modifiers" when isX64:
                    template = template with { Msrs = ReadArray(ref cursor, ReadMsr) };
                    break;
                case "reg_modifiers" when !isX64:
                    template = template with { Registers = ReadArray(ref cursor, ReadArmRegister) };
                    break;
                case "vcpu_features" when !isX64:
                    template = template with { Features = ReadArray(ref cursor, ReadFeature) };
                    break;
                default:
                    string expected = isX64 ? "it absent (it is for aarch64, and this is x86_64)" : "it absent (it is for x86_64, and this is aarch64)";
                    throw new VmConfigException(cursor.Path, expected, "it");
            }
        }

        return template;
    }

    private static List<T> ReadArray<T>(ref JsonCursor cursor, ElementReader<T> read)
    {
        string path = cursor.Path;
        List<T> elements = [];
        int index = -1;
        while (cursor.NextElement(path, ref index))
        {
            if (index == MaxElements)
            {
                throw new VmConfigException(path, $"at most {MaxElements} elements", "more");
            }

            elements.Add(read(ref cursor));
        }

        return elements;
    }

    private static CapabilityModifier ReadCapability(ref JsonCursor cursor)
    {
        string text = cursor.ReadString(MaxNumberBytes);
        bool isRequired = text[0] != '!';
        return uint.TryParse(text.AsSpan(isRequired ? 0 : 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? new CapabilityModifier(number, isRequired)
            : throw new VmConfigException(cursor.Path, "the number of a KVM capability, with \"!\" before it to drop it", $"\"{text}\"");
    }

    private static CpuidModifier ReadLeaf(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? hasLeaf = null, hasSubleaf = null, hasFlags = null;
        uint leaf = 0, subleaf = 0, flags = 0;
        List<CpuidRegisterModifier>? registers = null;
        while (cursor.NextField(ref scope, s_leafFields, out string name))
        {
            switch (name)
            {
                case "leaf":
                    hasLeaf = name;
                    leaf = ReadNumber(ref cursor);
                    break;
                case "subleaf":
                    hasSubleaf = name;
                    subleaf = ReadNumber(ref cursor);
                    break;
                case "flags":
                    hasFlags = name;
                    flags = (uint)cursor.ReadInteger(0, uint.MaxValue);
                    break;
                default:
                    registers = ReadArray(ref cursor, ReadRegister);
                    break;
            }
        }

        cursor.Required(hasLeaf, scope, "leaf");
        cursor.Required(hasSubleaf, scope, "subleaf");
        cursor.Required(hasFlags, scope, "flags");
        return new CpuidModifier(leaf, subleaf, flags, cursor.Required(registers, scope, "modifiers"));
    }

    private static CpuidRegisterModifier ReadRegister(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? hasRegister = null, hasBitmap = null;
        CpuidRegister register = default;
        BitFilter bits = default;
        while (cursor.NextField(ref scope, s_registerFields, out string name))
        {
            if (name == "register")
            {
                hasRegister = name;
                register = (CpuidRegister)cursor.ReadChoice(s_registers);
            }
            else
            {
                hasBitmap = name;
                bits = ReadBitmap(ref cursor, CpuidBits);
            }
        }

        cursor.Required(hasRegister, scope, "register");
        cursor.Required(hasBitmap, scope, "bitmap");
        return new CpuidRegisterModifier(register, bits);
    }

    private static MsrModifier ReadMsr(ref JsonCursor cursor)
    {
        (ulong address, BitFilter bits) = ReadAddressed(ref cursor, uint.MaxValue);
        return new MsrModifier((uint)address, bits);
    }

    private static RegisterModifier ReadArmRegister(ref JsonCursor cursor)
    {
        string path = cursor.Path;
        (ulong id, BitFilter bits) = ReadAddressed(ref cursor, ulong.MaxValue);
        return ((id >> SizeShift) & SizeMask) is 2 or 3
            ? new RegisterModifier(id, bits)
            : throw new VmConfigException($"{path}.addr", "a register of 32 or 64 bits", $"0x{id:x}");
    }

    private static (ulong Address, BitFilter Bits) ReadAddressed(ref JsonCursor cursor, ulong most)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? hasAddress = null, hasBitmap = null;
        ulong address = 0;
        BitFilter bits = default;
        while (cursor.NextField(ref scope, s_addressFields, out string name))
        {
            if (name == "addr")
            {
                hasAddress = name;
                address = ReadNumber(ref cursor, most);
            }
            else
            {
                hasBitmap = name;
                bits = ReadBitmap(ref cursor, RegisterBits);
            }
        }

        cursor.Required(hasAddress, scope, "addr");
        cursor.Required(hasBitmap, scope, "bitmap");
        return (address, bits);
    }

    private static FeatureModifier ReadFeature(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? hasIndex = null, hasBitmap = null;
        int index = 0;
        BitFilter bits = default;
        while (cursor.NextField(ref scope, s_featureFields, out string name))
        {
            if (name == "index")
            {
                hasIndex = name;
                index = (int)cursor.ReadInteger(0, KvmVcpuInit.FeatureWordCount - 1);
            }
            else
            {
                hasBitmap = name;
                bits = ReadBitmap(ref cursor, FeatureBits);
            }
        }

        cursor.Required(hasIndex, scope, "index");
        cursor.Required(hasBitmap, scope, "bitmap");
        return new FeatureModifier(index, bits);
    }

    private static uint ReadNumber(ref JsonCursor cursor) => (uint)ReadNumber(ref cursor, uint.MaxValue);

    private static ulong ReadNumber(ref JsonCursor cursor, ulong most)
    {
        string text = cursor.ReadString(MaxNumberBytes);
        NumberStyles style = text.StartsWith("0x", StringComparison.Ordinal) ? NumberStyles.AllowHexSpecifier
            : text.StartsWith("0b", StringComparison.Ordinal) ? NumberStyles.AllowBinarySpecifier
            : NumberStyles.None;
        return style != NumberStyles.None && ulong.TryParse(text.AsSpan(2), style, CultureInfo.InvariantCulture, out ulong value) && value <= most
            ? value
            : throw new VmConfigException(cursor.Path, $"a number of {(most == uint.MaxValue ? 32 : 64)} bits with 0x or 0b before it", $"\"{text}\"");
    }

    /// <summary>Digits from the highest bit down, after an optional 0b: 0 clears, 1 sets, x leaves; what is not named is left.</summary>
    private static BitFilter ReadBitmap(ref JsonCursor cursor, int bits)
    {
        string text = cursor.ReadString(MaxBitmapBytes);
        ulong mask = 0, value = 0;
        int count = 0;
        bool isGood = true;
        foreach (char digit in text.AsSpan(text.StartsWith("0b", StringComparison.Ordinal) ? 2 : 0))
        {
            if (digit == '_')
            {
                continue;
            }

            mask = (mask << 1) | (digit == 'x' ? 0u : 1u);
            value = (value << 1) | (digit == '1' ? 1u : 0u);
            isGood &= digit is '0' or '1' or 'x';
            count++;
        }

        return isGood && count <= bits
            ? new BitFilter(mask, value)
            : throw new VmConfigException(cursor.Path, $"at most {bits} of 0, 1, x and _ after 0b", $"\"{text}\"");
    }
}
