using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>Something that happened on a device and that people want to know.</summary>
/// <param name="AtUnixMs">When, in milliseconds since 1970 by the device's clock.</param>
/// <param name="Vm">The VM that it is about; null when it is about the device.</param>
/// <param name="IsWarning">Somebody may have to do something.</param>
/// <param name="Reason">One word in CamelCase for programs, such as <c>OutOfMemory</c>; the words of <see cref="Reported.VmStatus.Reason"/> are among them.</param>
/// <param name="Message">One line for people, at most <see cref="MaxMessageCharacters"/> characters.</param>
public sealed record DeviceEvent(long AtUnixMs, ResourceName? Vm, bool IsWarning, string Reason, string Message)
{
    /// <summary>Longest message.</summary>
    public const int MaxMessageCharacters = 1024;

    internal static DeviceEvent Read(WireReader reader)
    {
        long at = 0;
        ResourceName? vm = null;
        bool warning = false;
        string reason = "", message = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: at = reader.ReadInt64(); return true;
                case 2: vm = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: warning = reader.ReadBoolean(); return true;
                case 4: reason = reader.ReadText(); return true;
                case 5: message = reader.ReadText(); return true;
                default: return false;
            }
        });
        return reason.Length == 0 || message.Length > MaxMessageCharacters
            ? throw reader.Fault($"a reason (key 4) and a message of at most {MaxMessageCharacters} characters (key 5)", $"'{reason}' and {message.Length}")
            : new DeviceEvent(at, vm, warning, reason, message);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, AtUnixMs);
        if (Vm is ResourceName vm)
        {
            map.Field(2, vm.Value);
        }

        map.Field(3, IsWarning);
        map.Field(4, Reason);
        map.Field(5, Message);
    });
}
