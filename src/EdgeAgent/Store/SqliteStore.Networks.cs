using System.Net;
using System.Net.NetworkInformation;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Store;

/// <content>Addresses of VMs, and what the device made once.</content>
internal sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public IReadOnlyList<VmLink> LoadLinks() => Guard("load links of VMs", () =>
    {
        List<VmLink> links = [];
        using SqliteCommand command = Command("SELECT vm, tap, mac, ipv4 FROM vm_link ORDER BY vm");
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            links.Add(new VmLink(
                ResourceName.Parse(row.GetString(0)), row.GetString(1), PhysicalAddress.Parse(row.GetString(2)), IPAddress.Parse(row.GetString(3))));
        }

        return links;
    });

    /// <inheritdoc/>
    public void SaveLink(VmLink link) => Write(FaultPoint.SaveLink, "save a VM's link", () => Execute(
        "INSERT OR REPLACE INTO vm_link (vm, tap, mac, ipv4) VALUES ($vm, $tap, $mac, $ipv4)",
        ("$vm", link.Vm.Value), ("$tap", link.Tap), ("$mac", link.Mac.ToString()), ("$ipv4", link.Ipv4.ToString())));

    /// <inheritdoc/>
    public void RemoveLink(ResourceName name) => Write(
        FaultPoint.RemoveLink, "remove a VM's link", () => Execute("DELETE FROM vm_link WHERE vm = $vm", ("$vm", name.Value)));

    /// <inheritdoc/>
    public string? LoadSetting(string name) => Guard("load a setting", () =>
    {
        using SqliteCommand command = Command("SELECT value FROM setting WHERE name = $name", ("$name", name));
        return command.ExecuteScalar() as string;
    });

    /// <inheritdoc/>
    public void SaveSetting(string name, string value) => Write(FaultPoint.SaveSetting, "save a setting", () => Execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES ($name, $value)", ("$name", name), ("$value", value)));
}
