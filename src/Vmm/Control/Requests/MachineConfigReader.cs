using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "machine-config".</summary>
internal static class MachineConfigReader
{
    private const int MaxTemplateNameBytes = 16;

    // In the order of HugePages.
    private static readonly string[] s_hugePages = ["None", "Transparent", "2M"];

    private static readonly string[] s_fields =
        ["vcpu_count", "mem_size_mib", "smt", "cpu_template", "track_dirty_pages", "huge_pages"];

    /// <summary>Reads the whole section; the CPU template of <paramref name="current"/> stays unless "cpu_template" says "None".</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static MachineConfig Read(ref JsonCursor cursor, MachineConfig current)
    {
        MachineConfig config = ReadFields(ref cursor, new MachineConfig { CpuTemplate = current.CpuTemplate }, out string? missing);
        return missing is null ? config : throw new VmConfigException($"machine-config.{missing}", "the field", $"nothing (missing field `{missing}`)");
    }

    /// <summary>Reads a change of <paramref name="current"/>: the fields that are there.</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, or out of range.</exception>
    internal static MachineConfig ReadUpdate(ref JsonCursor cursor, MachineConfig current) => ReadFields(ref cursor, current, out _);

    private static MachineConfig ReadFields(ref JsonCursor cursor, MachineConfig config, out string? missing)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? vcpus = null, memory = null;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "vcpu_count":
                    vcpus = name;
                    config = config with { VcpuCount = (int)cursor.ReadInteger(0, byte.MaxValue) };
                    break;
                case "mem_size_mib":
                    memory = name;
                    config = config with { MemSizeMib = (int)cursor.ReadInteger(0, MachineConfig.MaxMemSizeMib) };
                    break;
                case "smt":
                    config = config with { Smt = cursor.ReadBoolean() };
                    break;
                case "huge_pages":
                    config = config with { HugePages = (HugePages)cursor.ReadChoice(s_hugePages) };
                    break;
                case "cpu_template":
                    config = ReadTemplate(ref cursor) ? config with { CpuTemplate = null } : config;
                    break;
                default:
                    config = config with { TrackDirtyPages = cursor.ReadBoolean() };
                    break;
            }
        }

        missing = vcpus is null ? "vcpu_count" : memory is null ? "mem_size_mib" : null;
        return config.Checked();
    }

    /// <summary>The deprecated static templates: none of them is here. True for "None", which drops a custom one as well.</summary>
    private static bool ReadTemplate(ref JsonCursor cursor)
    {
        if (cursor.IsNull)
        {
            return false;
        }

        string text = cursor.ReadString(MaxTemplateNameBytes);
        return text == "None"
            ? true
            : throw new VmConfigException(cursor.Path, "\"None\" (a custom template goes to cpu-config)", $"\"{text}\"");
    }
}
