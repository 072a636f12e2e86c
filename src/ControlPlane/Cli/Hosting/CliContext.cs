using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Login;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Cli.Hosting;

/// <summary>What a command works with.</summary>
/// <param name="Terminal">Where to write and read.</param>
/// <param name="Api">The control plane.</param>
/// <param name="Format">How to write.</param>
/// <param name="Time">Clock, for ages and waits.</param>
/// <param name="Sessions">What <c>mvm login</c> keeps.</param>
internal sealed record CliContext(Terminal Terminal, ApiClient Api, OutputFormat Format, TimeProvider Time, SessionFile Sessions)
{
    /// <summary>True when the output is for programs.</summary>
    public bool IsJson => Format == OutputFormat.Json;
}
