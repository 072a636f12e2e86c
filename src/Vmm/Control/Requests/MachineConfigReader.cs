namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "machine-config".</summary>
internal static class MachineConfigReader
{
    internal const int MaxMemSizeMib = 1 << 20;

    private static readonly string[] s_fields =
        ["vcpu_count", "mem_size_mib", "smt", "cpu_template", "track_dirty_pages", "huge_pages"];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static MachineConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? vcpus = null, memory = null;
        var config = new MachineConfig();
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "vcpu_count":
                    vcpus = name;
                    config = config with { VcpuCount = (int)cursor.ReadInteger(MachineConfig.MinVcpus, MachineConfig.MaxVcpus) };
                    break;
                case "mem_size_mib":
                    memory = name;
                    config = config with { MemSizeMib = (int)cursor.ReadInteger(1, MaxMemSizeMib) };
                    break;
                case "cpu_template" or "huge_pages":
                    cursor.RefuseUnlessNeutral("None");
                    break;
                default:
                    cursor.RefuseUnlessNeutral();
                    break;
            }
        }

        cursor.Required(vcpus, scope, "vcpu_count");
        cursor.Required(memory, scope, "mem_size_mib");
        return config;
    }
}
