using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm rollout status NAME</c>.</summary>
internal static class RolloutCommand
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5), s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Deployment();
        Option<bool> watch = new("--watch", "-w") { Description = "Wait until it is complete" };
        Option<TimeSpan?> timeout = Duration("--timeout", "Longest wait (default 5m)");
        Option<TimeSpan?> patience = Duration("--degraded-after", "How long it may be degraded before that is the result (default 15s)");
        Command status = new("status", "Show how far a deployment is") { name, watch, timeout, patience };
        status.SetAction(run(async (context, parsed, cancellation) =>
        {
            string deployment = parsed.GetValue(name)!;
            if (parsed.GetValue(watch))
            {
                RolloutWatch rollout = new(context, deployment, parsed.GetValue(timeout) ?? s_timeout, parsed.GetValue(patience) ?? s_patience);
                return await rollout.RunAsync(cancellation);
            }

            DeploymentView view =
                (await context.Api.GetAsync(ApiPaths.Deployment(deployment), ApiJsonContext.Default.DeploymentView, cancellation)).Value;
            await context.Terminal.Out.WriteLineAsync(context.IsJson
                ? Json.Write(view, Json.Indented.DeploymentView)
                : RolloutText.Line(view));
            return view.State == RolloutText.Complete ? ExitCode.Success : ExitCode.RolloutNotComplete;
        }));
        return new Command("rollout", "Follow deployments") { status };
    }

    private static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => Quantity.TryParseDuration(result.Tokens[0].Value, out TimeSpan value)
            ? value
            : GlobalOptions.Refuse<TimeSpan?>(result, $"{name}: expected a duration such as 90s, 5m or 1h30m, found '{result.Tokens[0].Value}'"),
    };
}
