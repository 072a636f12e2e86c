using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>One line that a workload wrote.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="AtUnixNs">When the guest read the line, in nanoseconds since 1970 by the guest's clock.</param>
/// <param name="Stream">Where it was written.</param>
/// <param name="Text">The line without its end, at most <see cref="MaxTextBytes"/> in UTF-8; longer lines come as several.</param>
public sealed record LogLine(ResourceName Vm, long AtUnixNs, LogStream Stream, string Text)
{
    /// <summary>Longest text in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 8 << 10;

    internal static LogLine Read(WireReader reader)
    {
        ResourceName vm = default;
        long at = 0;
        LogStream stream = LogStream.Stdout;
        string text = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: vm = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: at = reader.ReadInt64(); return true;
                case 3: stream = reader.ReadEnum<LogStream>(); return true;
                case 4: text = reader.ReadText(); return true;
                default: return false;
            }
        });
        return vm == default ? throw reader.Fault("a VM name (key 1)", "none") : new LogLine(vm, at, stream, text);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Vm.Value);
        map.Field(2, AtUnixNs);
        map.Field(3, (int)Stream);
        map.Field(4, Text);
    });
}
