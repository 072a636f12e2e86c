using System.Security.Claims;
using System.Text;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>Notes in the audit log who looked into which VM with what. Variables are named without their values, which may be secrets.</summary>
internal sealed class SessionNotes(AuditLog log, TimeProvider time)
{
    private const int MaxCommandCharacters = 2048;

    /// <summary>Makes a note; it is durable before the device is asked.</summary>
    internal Task AddAsync(ClaimsPrincipal caller, BrokeredSession session, SessionOpen open, int status) => log.AddAsync(new AuditView(
        0,
        time.GetUtcNow(),
        CallerClaims.NameOf(caller),
        CallerClaims.RoleOf(caller)?.ToString() ?? "none",
        open.Kind.ToString().ToUpperInvariant(),
        $"{ApiPaths.Session(session.Device.Value, session.Vm.Value)} {Describe(open)}",
        status,
        null,
        null));

    /// <summary>What is asked for, as a line.</summary>
    internal static string Describe(SessionOpen open)
    {
        if (open.Kind == SessionKind.Forward)
        {
            return $"port {open.Port}";
        }

        StringBuilder text = new();
        text.Append(open.Terminal ? "terminal " : "");
        text.Append(open.User.Length > 0 ? $"user {Quote(open.User)} " : "");
        text.Append(open.WorkingDirectory.Length > 0 ? $"in {Quote(open.WorkingDirectory)} " : "");
        text.Append(open.Environment.Count > 0 ? $"with {string.Join(',', open.Environment.Keys.Select(Quote))} " : "");
        text.AppendJoin(' ', open.Command.Select(Quote));
        return text.Length <= MaxCommandCharacters ? text.ToString() : $"{text.ToString(0, MaxCommandCharacters)}… ({text.Length} characters)";
    }

    private static string Quote(string word) => word.Length > 0 && word.All(static c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
