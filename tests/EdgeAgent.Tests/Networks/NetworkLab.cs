using System.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Tests.Networks;

/// <summary>
/// A small world of network namespaces: a host with a bridge, guests at its ports (veth pairs in the place of taps) and a
/// machine outside. The rules are applied by the real nft(8), so this needs root. Nothing outside its namespaces is touched.
/// </summary>
internal sealed class NetworkLab : IDisposable
{
    /// <summary>The host's and the outside machine's address of the network between them.</summary>
    internal const string HostAddress = "10.9.0.1", OutsideAddress = "10.9.0.2", HostAddress6 = "2001:db8::1", OutsideAddress6 = "2001:db8::2";

    private readonly string _id = Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _namespaces = [];
    private readonly List<Process> _servers = [];

    internal NetworkLab()
    {
        foreach (string place in (string[])["host", "outside"])
        {
            Add(place);
        }

        Ip("host", $"link add up0 type veth peer name eth0 netns {Name("outside")}");
        foreach ((string place, string link, string v4, string v6) in ((string, string, string, string)[])
            [("host", "up0", HostAddress, HostAddress6), ("outside", "eth0", OutsideAddress, OutsideAddress6)])
        {
            Ip(place, $"address add {v4}/24 dev {link}");
            Ip(place, $"address add {v6}/64 dev {link} nodad");
            Ip(place, $"link set {link} up");
        }

        Ip("host", $"link add mvm0 address {VmLink.Write(HostLinks.BridgeHardware)} type bridge mcast_snooping 0");
        Ip("host", "address add 172.30.0.1/16 dev mvm0");
        Ip("host", "address add fd00:1::1/64 dev mvm0 nodad");
        Ip("host", "link set mvm0 up");
        Set("host", "ipv4/ip_forward", "1");
        Set("host", "ipv6/conf/all/forwarding", "1");
        Set("host", "ipv4/conf/mvm0/route_localnet", "1");
        Set("host", "ipv4/conf/mvm0/send_redirects", "0");
    }

    /// <summary>Adds a guest whose interface has a VM's addresses.</summary>
    internal void AddGuest(NetworkedVm vm)
    {
        string place = vm.Link.Vm.Value;
        Add(place);
        Ip("host", $"link add {vm.Link.Tap} type veth peer name eth0 netns {Name(place)}");
        Ip("host", $"link set {vm.Link.Tap} master mvm0");
        In("host", "bridge", $"link set dev {vm.Link.Tap} learning off flood off mcast_flood off bcast_flood off hairpin on");
        In("host", "bridge", $"fdb add {VmLink.Write(vm.Link.Mac)} dev {vm.Link.Tap} master static");
        Ip("host", $"neighbour add {vm.Link.Ipv4} lladdr {VmLink.Write(vm.Link.Mac)} dev mvm0 nud permanent");
        Ip("host", $"neighbour add {vm.Ipv6} lladdr {VmLink.Write(vm.Link.Mac)} dev mvm0 nud permanent");
        Ip("host", $"link set {vm.Link.Tap} up");
        Ip(place, $"link set eth0 address {VmLink.Write(vm.Link.Mac)} up");
        Ip(place, $"address add {vm.Link.Ipv4}/32 dev eth0");
        Ip(place, "route add 172.30.0.1 dev eth0");
        Ip(place, "route add default via 172.30.0.1");
        Ip(place, $"address add {vm.Ipv6}/128 dev eth0 nodad");
        Ip(place, "route add fd00:1::1 dev eth0");
        Ip(place, "route add default via fd00:1::1");
    }

    /// <summary>Puts rules into force on the host.</summary>
    internal void Apply(string rules)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, rules);
            In("host", "nft", $"-f {file}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The host's whole rule set.</summary>
    internal string Rules() => In("host", "nft", "list ruleset");

    /// <summary>Listens somewhere; each connection or datagram is answered with the peer's address.</summary>
    internal void Listen(string place, string listener)
    {
        ProcessStartInfo start = new("ip") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["netns", "exec", Name(place), "socat", "-dd", "-t5", listener, "SYSTEM:echo from $SOCAT_PEERADDR"])
        {
            start.ArgumentList.Add(argument);
        }

        Process server = Process.Start(start)!;
        _servers.Add(server);
        // A datagram socket hears as soon as it is bound, without a word about it.
        while (server.StandardError.ReadLine() is string line && !line.Contains("listening on", StringComparison.Ordinal)
            && !line.Contains("starting accept loop", StringComparison.Ordinal) && !line.Contains("receiving on", StringComparison.Ordinal))
        {
        }
    }

    /// <summary>What somebody gets who connects; empty when the connection was refused or nobody answered.</summary>
    internal string Ask(string place, string target)
    {
        (int code, string output) = Run("ip", $"netns exec {Name(place)} timeout 10 socat -t5 - {target}");
        return code == 0 ? output.Trim() : "";
    }

    /// <summary>True when an echo request is answered.</summary>
    internal bool Ping(string place, string address, string options = "") =>
        Run("ip", $"netns exec {Name(place)} ping -n -c 1 -W 1 {options} {address}").Code == 0;

    /// <summary>Runs a program somewhere.</summary>
    internal string In(string place, string program, string arguments) => Must("ip", $"netns exec {Name(place)} {program} {arguments}");

    /// <summary>Runs ip(8) for somewhere.</summary>
    internal void Ip(string place, string arguments) =>
        Must("ip", $"{(arguments.Contains(':', StringComparison.Ordinal) && arguments.StartsWith("route", StringComparison.Ordinal) ? "-6 " : "")}-n {Name(place)} {arguments}");

    /// <summary>A setting of the module br_netfilter, where the kernel has it.</summary>
    internal void TrySetBridge(string setting, string value) =>
        Must("ip", ["netns", "exec", Name("host"), "sh", "-c", $"[ ! -e /proc/sys/net/bridge/{setting} ] || echo {value} > /proc/sys/net/bridge/{setting}"]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Process server in _servers)
        {
            server.Kill(entireProcessTree: true);
            server.Dispose();
        }

        foreach (string name in _namespaces)
        {
            Run("ip", $"netns delete {name}");
        }
    }

    private void Set(string place, string setting, string value) => Must("ip", ["netns", "exec", Name(place), "sh", "-c", $"echo {value} > /proc/sys/net/{setting}"]);

    private string Name(string place) => $"mvmt-{_id}-{place}";

    private void Add(string place)
    {
        Must("ip", $"netns add {Name(place)}");
        _namespaces.Add(Name(place));
        // Addresses of links are used at once; nobody else can have them here.
        Set(place, "ipv6/conf/default/accept_dad", "0");
        Ip(place, "link set lo up");
    }

    private static string Must(string program, string arguments) => Must(program, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Must(string program, string[] arguments)
    {
        (int code, string output) = Run(program, arguments, "");
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {output}");
        return output;
    }

    private static (int Code, string Output) Run(string program, string arguments, string input = "") =>
        Run(program, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), input);

    private static (int Code, string Output) Run(string program, string[] arguments, string input)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }
}
