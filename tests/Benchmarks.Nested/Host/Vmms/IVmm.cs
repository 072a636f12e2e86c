using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Nested.Host.Vmms;

/// <summary>One of the two programs that are compared.</summary>
internal interface IVmm
{
    /// <summary>Name in the results: one word.</summary>
    string Name { get; }

    /// <summary>What the VMM of a guest holds beside guest memory.</summary>
    ProcessMemory ReadMemory(int pid);

    /// <summary>The tap of this side's guests.</summary>
    string Tap { get; }

    /// <summary>The tap's address; the guest has the one above.</summary>
    string TapAddress { get; }

    string GuestAddress { get; }

    /// <summary>Program and arguments; the guest's console is on standard input and output.</summary>
    string[] Command(GuestSpec guest);

    /// <summary>Program and arguments of a start that can be talked to at <paramref name="socket"/>.</summary>
    string[] CommandWithApi(GuestSpec guest, string socket);

    /// <summary>What a client sends before it is answered; empty when the server speaks first.</summary>
    string ApiRequest { get; }
}
