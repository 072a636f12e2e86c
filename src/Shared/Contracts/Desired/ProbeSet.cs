using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>The probes of a workload; null where there is none.</summary>
/// <param name="Startup">Until it succeeds the others wait; when it fails for good the workload is ended.</param>
/// <param name="Liveness">When it fails for good the workload is ended, and its restart policy decides.</param>
/// <param name="Readiness">Whether the workload is ready; it does not end anything.</param>
public sealed record ProbeSet(Probe? Startup, Probe? Liveness, Probe? Readiness)
{
    /// <summary>No probe at all.</summary>
    public static ProbeSet None { get; } = new(null, null, null);

    internal static ProbeSet Read(WireReader reader)
    {
        ProbeSet probes = None;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: probes = probes with { Startup = Probe.Read(reader) }; return true;
                case 2: probes = probes with { Liveness = Probe.Read(reader) }; return true;
                case 3: probes = probes with { Readiness = Probe.Read(reader) }; return true;
                default: return false;
            }
        });
        return probes;
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        WriteOne(map, 1, Startup);
        WriteOne(map, 2, Liveness);
        WriteOne(map, 3, Readiness);
    });

    private static void WriteOne(WireWriter map, int key, Probe? probe)
    {
        if (probe is not null)
        {
            map.WriteField(key, probe.Write);
        }
    }
}
