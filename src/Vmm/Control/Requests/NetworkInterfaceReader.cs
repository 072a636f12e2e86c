using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads one of "network-interfaces", whole or as an update of its limits.</summary>
internal static class NetworkInterfaceReader
{
    private const int MaxMacBytes = 32;

    private static readonly string[] s_fields = ["iface_id", "host_dev_name", "guest_mac", "mtu", "rx_rate_limiter", "tx_rate_limiter"];
    private static readonly string[] s_updateFields = ["iface_id", "rx_rate_limiter", "tx_rate_limiter"];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static NetworkInterfaceConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? id = null, tap = null;
        NetworkInterfaceConfig config = new("", "");
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "iface_id":
                    id = ResourceId.Read(ref cursor);
                    break;
                case "host_dev_name":
                    tap = cursor.ReadString(InterfaceRequest.MaxNameBytes);
                    break;
                case "guest_mac":
                    config = config with { GuestMac = cursor.IsNull ? null : ReadMac(ref cursor) };
                    break;
                case "mtu":
                    config = config with { Mtu = cursor.IsNull ? null : ReadMtu(ref cursor) };
                    break;
                case "rx_rate_limiter":
                    config = config with { RxRateLimiter = RateLimiterReader.Read(ref cursor) };
                    break;
                default:
                    config = config with { TxRateLimiter = RateLimiterReader.Read(ref cursor) };
                    break;
            }
        }

        return config with { IfaceId = cursor.Required(id, scope, "iface_id"), HostDevName = cursor.Required(tap, scope, "host_dev_name") };
    }

    /// <summary>Reads the body of a PATCH.</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static NetworkInterfaceUpdate ReadUpdate(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? id = null;
        RateLimiterConfig? rx = null, tx = null;
        while (cursor.NextField(ref scope, s_updateFields, out string name))
        {
            switch (name)
            {
                case "iface_id":
                    id = ResourceId.Read(ref cursor);
                    break;
                case "rx_rate_limiter":
                    rx = RateLimiterReader.Read(ref cursor);
                    break;
                default:
                    tx = RateLimiterReader.Read(ref cursor);
                    break;
            }
        }

        return new NetworkInterfaceUpdate(cursor.Required(id, scope, "iface_id"), rx, tx);
    }

    private static MacAddress ReadMac(ref JsonCursor cursor)
    {
        string text = cursor.ReadString(MaxMacBytes);
        return MacAddress.TryParse(text, out MacAddress address)
            ? address
            : throw new VmConfigException(cursor.Path, "a MAC address such as 06:00:c0:a8:00:02", $"\"{text}\"");
    }

    private static ushort ReadMtu(ref JsonCursor cursor) =>
        (ushort)cursor.ReadInteger(NetworkInterfaceConfig.MinMtu, NetworkInterfaceConfig.MaxMtu);
}
