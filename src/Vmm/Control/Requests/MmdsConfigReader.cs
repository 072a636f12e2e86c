using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "mmds-config". Whether the interfaces are there is checked when all of them are known.</summary>
internal static class MmdsConfigReader
{
    private const int MaxAddressBytes = 15;

    private static readonly string[] s_fields = ["network_interfaces", "version", "ipv4_address", "imds_compat"];
    private static readonly string[] s_versions = [nameof(MmdsVersion.V1), nameof(MmdsVersion.V2)];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static MmdsConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        List<string>? networks = null;
        MmdsConfig config = new([]);
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "network_interfaces":
                    networks = ReadNetworks(ref cursor);
                    break;
                case "version":
                    config = config with { Version = (MmdsVersion)cursor.ReadChoice(s_versions) };
                    break;
                case "ipv4_address":
                    config = config with { Address = cursor.IsNull ? MmdsConfig.DefaultAddress : ReadAddress(ref cursor) };
                    break;
                default:
                    config = config with { ImdsCompat = cursor.ReadBoolean() };
                    break;
            }
        }

        return config with { NetworkInterfaces = cursor.Required(networks, scope, "network_interfaces") };
    }

    private static List<string> ReadNetworks(ref JsonCursor cursor)
    {
        string path = cursor.Path;
        List<string> networks = [];
        int index = -1;
        while (cursor.NextElement(path, ref index))
        {
            string id = ResourceId.Read(ref cursor);
            if (!networks.Contains(id))
            {
                networks.Add(id);
            }
        }

        return networks;
    }

    private static uint ReadAddress(ref JsonCursor cursor)
    {
        string text = cursor.ReadString(MaxAddressBytes);
        uint address = 0;
        int parts = 0, digits = 0, part = 0;
        bool isAddress = true;
        foreach (char c in text)
        {
            if (c == '.')
            {
                isAddress &= digits != 0;
                (address, part, digits) = ((address << 8) | (byte)part, 0, 0);
                parts++;
                continue;
            }

            // No leading zeros, which some read as octal.
            isAddress &= char.IsAsciiDigit(c) && (digits == 0 || part != 0);
            part = (part * 10) + (c - '0');
            isAddress &= part is >= 0 and <= byte.MaxValue;
            digits++;
        }

        return isAddress && parts == 3 && digits != 0
            ? (address << 8) | (byte)part
            : throw new VmConfigException(cursor.Path, "an IPv4 address such as 169.254.169.254", $"\"{text}\"");
    }
}
