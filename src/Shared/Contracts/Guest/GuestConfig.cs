using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Host to guest: what to run. Answer to a hello that awaits it.</summary>
/// <param name="Process">The workload.</param>
/// <param name="Hostname">Host name inside the guest.</param>
/// <param name="GracePeriodSeconds">Seconds between the stop signal and SIGKILL when the guest is asked to power off by its power button.</param>
public sealed record GuestConfig(ProcessSpec Process, string Hostname, int GracePeriodSeconds) : GuestMessage
{
    /// <summary>Its network; null when it has none.</summary>
    public GuestNetworkConfig? Network { get; init; }

    /// <summary>Volumes to mount.</summary>
    public IReadOnlyList<GuestVolume> Volumes { get; init; } = [];

    /// <summary>File systems in memory.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>How to ask the workload how it is.</summary>
    public ProbeSet Probes { get; init; } = ProbeSet.None;

    /// <summary>Secrets in clear.</summary>
    public IReadOnlyList<GuestSecret> Secrets { get; init; } = [];

    internal override int Kind => 2;

    internal override void WriteFields(WireWriter map)
    {
        map.WriteField(1, Process.Write);
        map.Field(2, Hostname);
        map.Field(3, GracePeriodSeconds);
        if (Network is not null)
        {
            map.WriteField(4, Network.Write);
        }

        if (Volumes.Count > 0)
        {
            map.ListField(5, Volumes, static (w, volume) => volume.Write(w));
        }

        if (Tmpfs.Count > 0)
        {
            map.ListField(6, Tmpfs, static (w, tmpfs) => tmpfs.Write(w));
        }

        if (Probes != ProbeSet.None)
        {
            map.WriteField(7, Probes.Write);
        }

        if (Secrets.Count > 0)
        {
            map.ListField(8, Secrets, static (w, secret) => secret.Write(w));
        }
    }
}
