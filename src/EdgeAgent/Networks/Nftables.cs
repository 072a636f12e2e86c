using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Programs;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Rules by nft(8), one transaction each. The file that they are in stays while they are in force: a later start of the
/// agent knows by it that there is something to remove. It is where a reboot loses it, together with the rules.
/// </summary>
internal sealed class Nftables(IPrograms programs, string runDirectory) : IFirewall
{
    private const string Program = "nft";
    private readonly string _path = Path.Combine(runDirectory, "network.nft");
    private string? _applied;

    /// <inheritdoc/>
    public async Task ApplyAsync(string rules)
    {
        if (_applied == rules)
        {
            return;
        }

        _applied = null;
        await RunAsync(rules);
        _applied = rules;
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveAsync()
    {
        if (!File.Exists(_path))
        {
            return false;
        }

        _applied = null;
        await RunAsync(RuleSet.Removal);
        File.Delete(_path);
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> IsInForceAsync()
    {
        try
        {
            // The chain that everything of a guest goes through: it is there with all of the rules, or none is.
            ProgramOutcome outcome = await programs.RunAsync(Program, "list", "chain", "inet", RuleSet.Table, RuleSet.ForwardChain);
            if (!outcome.IsSuccess)
            {
                _applied = null;
            }

            return outcome.IsSuccess;
        }
        catch (OsFaultException)
        {
            // That it cannot be looked at does not mean that it is gone.
            return true;
        }
    }

    private async Task RunAsync(string rules)
    {
        if (programs.Find(Program) is null)
        {
            throw new NetworkFaultException("the host has no nft: install the package nftables");
        }

        try
        {
            File.WriteAllText(_path, rules);
            ProgramOutcome outcome = await programs.RunAsync(Program, "-f", _path);
            if (!outcome.IsSuccess)
            {
                throw new NetworkFaultException($"nft refused the rules: {outcome.Explanation}; the kernel may lack a module: see microvm-agent doctor");
            }
        }
        catch (Exception e) when (e is OsFaultException or IOException or UnauthorizedAccessException)
        {
            throw new NetworkFaultException($"nft: {e.Message}", e);
        }
    }
}
