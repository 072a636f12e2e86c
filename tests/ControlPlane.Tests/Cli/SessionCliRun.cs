using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>One run of <c>mvm</c> inside the test's process against a real control plane, with the first admin's token.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="RawOut">Bytes of standard output.</param>
/// <param name="RawError">Bytes that a program wrote to standard error.</param>
/// <param name="Out">Lines of standard output.</param>
/// <param name="Error">Lines of standard error.</param>
internal sealed record SessionCliRun(int Code, byte[] RawOut, byte[] RawError, string Out, string Error)
{
    internal static Task<SessionCliRun> OfAsync(RunningControlPlane controlPlane, byte[] input, params string[] arguments) =>
        OfAsync(controlPlane, input, TextWriter.Null, CancellationToken.None, arguments);

    internal static Task<SessionCliRun> OfAsync(
        RunningControlPlane controlPlane, byte[] input, TextWriter alsoOut, CancellationToken interrupt, params string[] arguments) =>
        OfAsync(controlPlane, controlPlane.Address, input, alsoOut, interrupt, arguments);

    internal static async Task<SessionCliRun> OfAsync(
        RunningControlPlane controlPlane, Uri server, byte[] input, TextWriter alsoOut, CancellationToken interrupt, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        using MemoryStream rawOut = new(), rawError = new();
        using TextWriter both = TextWriter.CreateBroadcasting(output, alsoOut);
        Terminal streams = new(new MemoryStream(input), TextWriter.Synchronized(both), TextWriter.Synchronized(error)) { RawOut = rawOut, RawError = rawError };
        string? Variable(string name) => name switch
        {
            "MVM_SERVER" => server.ToString(),
            "MVM_TOKEN" => controlPlane.AdminToken,
            "MVM_CA" => controlPlane.AuthorityFile,
            _ => null,
        };
        int code = await new CliApplication(streams, Variable, TimeProvider.System).RunAsync(arguments, interrupt);
        return new SessionCliRun(code, rawOut.ToArray(), rawError.ToArray(), output.ToString(), error.ToString());
    }
}
