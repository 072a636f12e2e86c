using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>When a device may be bothered, in its own time zone: its label <see cref="ZoneLabel"/>, else the zone given here.</summary>
/// <param name="TimeZone">IANA name of the zone of devices that do not say theirs, or say one that is not known.</param>
/// <param name="Download">When images may be fetched; always when empty.</param>
/// <param name="SwitchOver">When VMs may be replaced; always when empty.</param>
[GenerateSerializer]
[Immutable]
public sealed record MaintenanceWindows(
    [property: Id(0)] string TimeZone,
    [property: Id(1)] ImmutableArray<DailyWindow> Download,
    [property: Id(2)] ImmutableArray<DailyWindow> SwitchOver)
{
    /// <summary>The label that says a device's zone, such as <c>Europe/Berlin</c>.</summary>
    public const string ZoneLabel = "timezone";

    /// <summary>True when a device in a zone may fetch images.</summary>
    public bool MayDownload(string zone, DateTimeOffset now) => IsOpen(Download, zone, now);

    /// <summary>True when a device in a zone may replace a VM.</summary>
    public bool MaySwitchOver(string zone, DateTimeOffset now) => IsOpen(SwitchOver, zone, now);

    /// <summary>True for a zone that this system knows.</summary>
    public static bool IsZone(string zone) => zone.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    private bool IsOpen(ImmutableArray<DailyWindow> windows, string zone, DateTimeOffset now)
    {
        if (windows.IsEmpty)
        {
            return true;
        }

        if (zone.Length == 0 || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found))
        {
            found = TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out TimeZoneInfo? given) ? given : TimeZoneInfo.Utc;
        }

        DateTime wall = TimeZoneInfo.ConvertTime(now, found).DateTime;
        return windows.Any(window => window.Contains(wall));
    }
}
