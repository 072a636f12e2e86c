using System.Collections.Immutable;
using System.Globalization;
using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads maintenance windows.</summary>
internal static class WindowsReader
{
    private const string TimeRule = "a time such as \"22:00\", \"00:00\" to \"24:00\"";
    private const int MaxWindows = 20;

    private static readonly ImmutableArray<(string Name, DayOfWeek Day)> s_days =
    [
        ("Mon", DayOfWeek.Monday), ("Tue", DayOfWeek.Tuesday), ("Wed", DayOfWeek.Wednesday), ("Thu", DayOfWeek.Thursday),
        ("Fri", DayOfWeek.Friday), ("Sat", DayOfWeek.Saturday), ("Sun", DayOfWeek.Sunday),
    ];

    /// <summary>The windows; null when there are none. Errors go to the reader.</summary>
    internal static MaintenanceWindows? Read(FieldReader reader, string path, ManifestNode? node)
    {
        if (node is null || reader.Map(path, node, "timeZone", "download", "switchOver") is not ManifestMap map)
        {
            return null;
        }

        const string Rule = "the IANA name of a time zone, such as Europe/Berlin";
        string? zone = reader.Text(map, path, "timeZone", Rule, "UTC");
        if (zone is not null && !MaintenanceWindows.IsZone(zone))
        {
            reader.Fail($"{path}.timeZone", Rule, new ManifestText(zone));
        }

        return new MaintenanceWindows(
            zone ?? "UTC",
            ReadList(reader, $"{path}.download", FieldReader.Get(map, "download")),
            ReadList(reader, $"{path}.switchOver", FieldReader.Get(map, "switchOver")));
    }

    private static ImmutableArray<DailyWindow> ReadList(FieldReader reader, string path, ManifestNode? node)
    {
        if (node is null)
        {
            return [];
        }

        if (node is not ManifestList { Items.Count: > 0 and <= MaxWindows } list)
        {
            reader.Fail(path, $"a list of 1 to {MaxWindows} windows", node);
            return [];
        }

        return [.. list.Items.Select((item, index) => ReadWindow(reader, $"{path}[{index}]", item)).OfType<DailyWindow>()];
    }

    private static DailyWindow? ReadWindow(FieldReader reader, string path, ManifestNode node)
    {
        if (reader.Map(path, node, "days", "from", "to") is not ManifestMap map)
        {
            return null;
        }

        int? from = ReadTime(reader, map, path, "from"), to = ReadTime(reader, map, path, "to");
        if (from == DailyWindow.DayMinutes || (from is not null && from == to))
        {
            reader.Fail($"{path}.to", "another time than from", FieldReader.Get(map, "to"));
        }

        return new DailyWindow(ReadDays(reader, $"{path}.days", FieldReader.Get(map, "days")), from ?? 0, to ?? DailyWindow.DayMinutes);
    }

    private static ImmutableArray<DayOfWeek> ReadDays(FieldReader reader, string path, ManifestNode? node)
    {
        string rule = $"a list of {string.Join(", ", s_days.Select(day => day.Name))}";
        if (node is not (null or ManifestList { Items.Count: > 0 and <= 7 }))
        {
            reader.Fail(path, rule, node);
        }

        List<DayOfWeek> days = [];
        foreach (ManifestNode item in (node as ManifestList)?.Items ?? [])
        {
            int found = s_days.IndexOf(s_days.FirstOrDefault(day => item is ManifestText text && text.Value == day.Name));
            if (found < 0 || item is not ManifestText)
            {
                reader.Fail(path, rule, item);
            }
            else
            {
                days.Add(s_days[found].Day);
            }
        }

        return [.. days.Distinct()];
    }

    /// <summary>Minute of the day; null when it is wrong.</summary>
    private static int? ReadTime(FieldReader reader, ManifestMap map, string path, string name)
    {
        string? text = reader.Text(map, path, name, TimeRule);
        if (text is null)
        {
            return null;
        }

        if (text is [_, _, ':', _, _]
            && int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int hour)
            && int.TryParse(text.AsSpan(3, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int minute)
            && minute < 60 && (hour * 60) + minute <= DailyWindow.DayMinutes)
        {
            return (hour * 60) + minute;
        }

        reader.Fail(FieldReader.Join(path, name), TimeRule, new ManifestText(text));
        return null;
    }
}
