using System.Globalization;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>The device's temperature: the warmest of the kernel's thermal zones (kernel documentation, sysfs-class-thermal).</summary>
internal sealed class Thermometer
{
    // Beyond, a sensor is broken or not connected.
    private const int Coldest = -100_000, Warmest = 250_000;

    private readonly string[] _zones;

    /// <param name="root">Where the zones are; looked at once, because they are soldered on.</param>
    internal Thermometer(string root = "/sys/class/thermal")
    {
        _zones = Directory.Exists(root) ? [.. Directory.EnumerateDirectories(root, "thermal_zone*").Select(static zone => Path.Combine(zone, "temp"))] : [];
    }

    /// <summary>In thousandths of a degree Celsius; null when no zone says.</summary>
    internal int? Read()
    {
        int? warmest = null;
        foreach (string zone in _zones)
        {
            if (ReadZone(zone) is int degrees && (warmest is null || degrees > warmest))
            {
                warmest = degrees;
            }
        }

        return warmest;
    }

    private static int? ReadZone(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture, out int degrees) && degrees is >= Coldest and <= Warmest
                ? degrees : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
