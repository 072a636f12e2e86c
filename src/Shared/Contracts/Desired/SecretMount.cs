using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>
/// Where a workload finds a secret. The secret itself is a <see cref="SealedSecret"/> of the document: sealing it anew does not
/// change what a VM is, a new version does.
/// </summary>
/// <param name="Secret">Name of the secret.</param>
/// <param name="Version">Version of the secret, from 1.</param>
/// <param name="Variable">Environment variable that has it; empty when it is a file.</param>
/// <param name="Path">File that has it, in memory, readable by the workload's user alone; empty when it is a variable.</param>
public sealed record SecretMount(ResourceName Secret, int Version, string Variable, string Path)
{
    internal static SecretMount Read(WireReader reader)
    {
        ResourceName name = default;
        int version = 0;
        string variable = "", path = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: version = reader.ReadInt32(1); return true;
                case 3: variable = reader.ReadText(); return true;
                case 4: path = GuestPath.Read(reader); return true;
                default: return false;
            }
        });
        return name == default || version == 0 || variable.Length > 0 == path.Length > 0
            ? throw reader.Fault("a name, a version and a variable or a path (keys 1 to 4)", "not all of them, or both")
            : new SecretMount(name, version, variable, path);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Secret.Value);
        map.Field(2, Version);
        if (Variable.Length > 0)
        {
            map.Field(3, Variable);
        }
        else
        {
            map.Field(4, Path);
        }
    });
}
