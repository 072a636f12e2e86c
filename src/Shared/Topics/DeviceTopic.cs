using System.Diagnostics.CodeAnalysis;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Topics;

/// <summary>
/// The MQTT topics between a device and its control plane: <c>mvm/1/d/{deviceId}/up/…</c> and <c>…/down/…</c>.
/// </summary>
public static class DeviceTopic
{
    private const string Root = "mvm/1/d/";

    /// <summary>The topic that a device publishes messages of one kind to.</summary>
    public static string Up(DeviceId device, UplinkKind kind) => $"{Root}{device}/up/{NameOf(kind)}";

    /// <summary>The topic that a device receives messages of one kind on.</summary>
    public static string Down(DeviceId device, DownlinkKind kind) => $"{Root}{device}/down/{NameOf(kind)}";

    /// <summary>The only filter that a device may subscribe to.</summary>
    public static string DownFilter(DeviceId device) => $"{Root}{device}/down/+";

    /// <summary>Takes an uplink topic apart; false for any other topic.</summary>
    public static bool TryParseUp([NotNullWhen(true)] string? topic, out DeviceId device, out UplinkKind kind) =>
        TryParse(topic, "up", Enum.GetValues<UplinkKind>(), NameOf, out device, out kind);

    /// <summary>Takes a downlink topic apart; false for any other topic.</summary>
    public static bool TryParseDown([NotNullWhen(true)] string? topic, out DeviceId device, out DownlinkKind kind) =>
        TryParse(topic, "down", Enum.GetValues<DownlinkKind>(), NameOf, out device, out kind);

    private static bool TryParse<TKind>(
        string? topic, string direction, TKind[] kinds, Func<TKind, string> nameOf, out DeviceId device, out TKind kind)
    {
        device = default;
        kind = default!;
        if (topic is null || !topic.StartsWith(Root, StringComparison.Ordinal))
        {
            return false;
        }

        string[] levels = topic[Root.Length..].Split('/', 4);
        if (levels.Length != 3 || levels[1] != direction || !DeviceId.TryParse(levels[0], out device))
        {
            return false;
        }

        foreach (TKind candidate in kinds)
        {
            if (nameOf(candidate) == levels[2])
            {
                kind = candidate;
                return true;
            }
        }

        return false;
    }

    private static string NameOf(UplinkKind kind) => kind switch
    {
        UplinkKind.Hello => "hello",
        UplinkKind.Reported => "reported",
        UplinkKind.Telemetry => "telemetry",
        UplinkKind.Event => "event",
        UplinkKind.Reply => "reply",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown uplink kind"),
    };

    private static string NameOf(DownlinkKind kind) => kind switch
    {
        DownlinkKind.Desired => "desired",
        DownlinkKind.Command => "command",
        DownlinkKind.Ack => "ack",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown downlink kind"),
    };
}
