using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "logger".</summary>
internal static class LoggerConfigReader
{
    private const int MaxModuleBytes = 256;

    private static readonly string[] s_fields = ["log_path", "level", "show_level", "show_log_origin", "module"];

    // In the order of LogLevel; "Warn" is Firecracker's second spelling.
    private static readonly string[] s_levels = ["Off", "Error", "Warning", "Info", "Debug", "Trace", "Warn"];

    /// <exception cref="VmConfigException">A field is unknown, twice, or malformed.</exception>
    internal static LoggerConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        var config = new LoggerConfig();
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            config = name switch
            {
                "log_path" => config with { LogPath = cursor.ReadStringOrNull(HostPath.MaxBytes) },
                "level" => config with { Level = ReadLevel(ref cursor) },
                "show_level" => config with { ShowLevel = cursor.IsNull ? null : cursor.ReadBoolean() },
                "show_log_origin" => config with { ShowLogOrigin = cursor.IsNull ? null : cursor.ReadBoolean() },
                _ => config with { Module = cursor.ReadStringOrNull(MaxModuleBytes) },
            };
        }

        return config;
    }

    private static LogLevel? ReadLevel(ref JsonCursor cursor)
    {
        if (cursor.IsNull)
        {
            return null;
        }

        int index = cursor.ReadChoice(s_levels, ignoreCase: true);
        return index > (int)LogLevel.Trace ? LogLevel.Warning : (LogLevel)index;
    }
}
