using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A question that init asks the workload again and again.</summary>
public sealed record Probe
{
    /// <summary>Longest period, time-out and delay in seconds.</summary>
    public const int MaxSeconds = 3600;

    /// <summary>Most failures or successes in a row that may be asked for.</summary>
    public const int MaxThreshold = 1000;

    /// <summary>How it looks.</summary>
    public required ProbeKind Kind { get; init; }

    /// <summary>Program and arguments of an exec probe; else empty.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Port of an HTTP or TCP probe; else 0.</summary>
    public int Port { get; init; }

    /// <summary>Path, with its query, of an HTTP probe.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Seconds from the workload's start to the first look.</summary>
    public int InitialDelaySeconds { get; init; }

    /// <summary>Seconds between two looks, at least 1.</summary>
    public int PeriodSeconds { get; init; } = 10;

    /// <summary>Seconds after which a look has failed, at least 1.</summary>
    public int TimeoutSeconds { get; init; } = 1;

    /// <summary>Failures in a row after which the answer is no.</summary>
    public int FailureThreshold { get; init; } = 3;

    /// <summary>Successes in a row after which the answer is yes again.</summary>
    public int SuccessThreshold { get; init; } = 1;

    internal static Probe Read(WireReader reader)
    {
        ProbeKind? kind = null;
        Probe probe = new() { Kind = ProbeKind.Exec };
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: kind = reader.ReadEnum<ProbeKind>(); return true;
                case 2: probe = probe with { Command = reader.ReadList(static r => r.ReadText()) }; return true;
                case 3: probe = probe with { Port = reader.ReadInt32(1, PortMapping.MaxPort) }; return true;
                case 4: probe = probe with { Path = reader.ReadText() }; return true;
                case 5: probe = probe with { InitialDelaySeconds = reader.ReadInt32(0, MaxSeconds) }; return true;
                case 6: probe = probe with { PeriodSeconds = reader.ReadInt32(1, MaxSeconds) }; return true;
                case 7: probe = probe with { TimeoutSeconds = reader.ReadInt32(1, MaxSeconds) }; return true;
                case 8: probe = probe with { FailureThreshold = reader.ReadInt32(1, MaxThreshold) }; return true;
                case 9: probe = probe with { SuccessThreshold = reader.ReadInt32(1, MaxThreshold) }; return true;
                default: return false;
            }
        });
        probe = probe with { Kind = kind ?? throw reader.Fault("a kind (key 1)", "none") };
        bool complete = probe.Kind == ProbeKind.Exec ? probe.Command.Count > 0 : probe.Port != 0;
        return complete ? probe : throw reader.Fault("a command (key 2) or a port (key 3)", "none");
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, (int)Kind);
        if (Kind == ProbeKind.Exec)
        {
            map.TextListField(2, Command);
        }
        else
        {
            map.Field(3, Port);
        }

        if (Kind == ProbeKind.Http)
        {
            map.Field(4, Path);
        }

        map.Field(5, InitialDelaySeconds);
        map.Field(6, PeriodSeconds);
        map.Field(7, TimeoutSeconds);
        map.Field(8, FailureThreshold);
        map.Field(9, SuccessThreshold);
    });
}
