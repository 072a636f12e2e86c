using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A limit of setrlimit(2).</summary>
/// <param name="Name">As OCI's runtime specification names it, such as <c>RLIMIT_NOFILE</c>.</param>
/// <param name="Soft">What holds.</param>
/// <param name="Hard">What the workload may raise it to; not below <paramref name="Soft"/>.</param>
public sealed record ResourceLimit(string Name, ulong Soft, ulong Hard)
{
    internal static ResourceLimit Read(WireReader reader)
    {
        string name = "";
        ulong soft = 0, hard = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadText(); return true;
                case 2: soft = reader.ReadUInt64(); return true;
                case 3: hard = reader.ReadUInt64(); return true;
                default: return false;
            }
        });
        return name.Length == 0 || soft > hard
            ? throw reader.Fault("a name and a soft limit that is not above the hard one (keys 1 to 3)", $"'{name}', {soft} and {hard}")
            : new ResourceLimit(name, soft, hard);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name);
        map.Field(2, Soft);
        map.Field(3, Hard);
    });
}
