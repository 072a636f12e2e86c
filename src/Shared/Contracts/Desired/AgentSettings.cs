using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>How the agent behaves.</summary>
/// <param name="TelemetryIntervalSeconds">Seconds between samples, 1 to 3,600.</param>
public sealed record AgentSettings(int TelemetryIntervalSeconds = AgentSettings.DefaultTelemetryIntervalSeconds)
{
    /// <summary>Seconds between samples when nothing else is set.</summary>
    public const int DefaultTelemetryIntervalSeconds = 5;

    /// <summary>Least and most seconds between samples.</summary>
    public const int MinTelemetryIntervalSeconds = 1, MaxTelemetryIntervalSeconds = 3_600;

    internal static AgentSettings Read(WireReader reader)
    {
        int telemetryInterval = DefaultTelemetryIntervalSeconds;
        reader.ReadMap(key =>
        {
            if (key != 1)
            {
                return false;
            }

            telemetryInterval = reader.ReadInt32(MinTelemetryIntervalSeconds, MaxTelemetryIntervalSeconds);
            return true;
        });
        return new AgentSettings(telemetryInterval);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map => map.Field(1, TelemetryIntervalSeconds));
}
