using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <content>Version 1, which agents of before columns send. Nobody writes it any more but tests that it is still read.</content>
public sealed partial record TelemetryBatch
{
    internal byte[] EncodeVersionOne() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        Header.Write(map, 1);
        map.ListField(10, Hosts, static (w, sample) => sample.Write(w));
        map.ListField(11, Vms, static (w, sample) => sample.Write(w));
        map.ListField(12, Logs, static (w, line) => line.Write(w));
        map.Field(13, DroppedLogLines);
        if (Events.Count > 0)
        {
            map.ListField(14, Events, static (w, one) => one.Write(w));
        }
    }));
}
