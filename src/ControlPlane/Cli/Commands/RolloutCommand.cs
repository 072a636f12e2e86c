using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm rollout status NAME</c> and the verbs that steer a rollout.</summary>
internal static class RolloutCommand
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5), s_patience = TimeSpan.FromSeconds(15);

    private static readonly (string Verb, string Description)[] s_verbs =
    [
        ("pause", "Tell no further device"),
        ("resume", "Go on; after a rollback, try again from the first wave"),
        ("approve", "Let the next wave begin"),
        ("promote", "Go to the last wave without further waiting"),
        ("abort", "End it: every device goes back to the last good revision"),
        ("rollback", "Go back to the good revision before, also when the rollout is complete"),
    ];

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Deployment();
        Option<bool> watch = new("--watch", "-w") { Description = "Wait until it is complete" };
        Option<TimeSpan?> timeout = Durations.Option("--timeout", "Longest wait (default 5m)");
        Option<TimeSpan?> patience = Durations.Option("--degraded-after", "How long it may be degraded before that is the result (default 15s)");
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
        Command rollout = new("rollout", "Follow and steer how a revision spreads") { status };
        foreach ((string verb, string description) in s_verbs)
        {
            rollout.Subcommands.Add(Verb(verb, description, run));
        }

        return rollout;
    }

    private static Command Verb(string verb, string description, Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Deployment();
        Command command = new(verb, description) { name };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            using ByteArrayContent nothing = new([]);
            DeploymentView view = await context.Api.PostAsync(
                ApiPaths.Rollout(parsed.GetValue(name)!, verb), nothing, ApiJsonContext.Default.DeploymentView, cancellation);
            await context.Terminal.Out.WriteLineAsync(context.IsJson ? Json.Write(view, Json.Indented.DeploymentView) : RolloutText.Line(view));
            return ExitCode.Success;
        }));
        return command;
    }
}
