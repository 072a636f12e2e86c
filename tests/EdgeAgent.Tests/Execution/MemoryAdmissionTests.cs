using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Execution;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Execution;

public sealed class MemoryAdmissionTests : IDisposable
{
    private const int Budget = 200;

    private readonly TempDirectory _directory = new();
    private readonly AgentOptions _options;
    private readonly VmTable _table = new(new MemoryStore());
    private readonly DesiredIntake _intake;
    private readonly MemoryAdmission _admission;

    public MemoryAdmissionTests()
    {
        _options = TestOptions.In(_directory);
        _intake = new DesiredIntake(new MemoryStore(), TestIdentity.Open(_options), new Refusals(), new AgentCounters(), NullLogger.Instance);
        _admission = new MemoryAdmission(() => _intake.Current.Vms, _table, Budget);
    }

    [Fact]
    public void Update_FromSeveralThreads_EndsWithTheVerdictOfWhatIsSo()
    {
        VmSpec job = Specs.Vm("job", policy: RestartPolicy.Never) with { MemoryMib = 128, Priority = 1 };
        VmSpec web = Specs.Vm("web") with { MemoryMib = 128 };
        Assert.Equal(IntakeResult.Accepted, _intake.Offer(TestFleet.Shared.SignDesired(_options.DeviceId, Specs.Envelope(Specs.State(1, job, web)).Encode())));
        VmEntry entry = _table.Load(new VmRecord { Spec = job });
        VmExit exit = new(0, "", DateTimeOffset.UnixEpoch);
        for (int i = 0; i < 3_000; i++)
        {
            _table.Save(entry, record => record! with { Exit = null });
            _admission.Update();
            Assert.False(_admission.VerdictOf(web.Name).Fits);

            Parallel.Invoke(() => _admission.Update(), () =>
            {
                _table.Save(entry, record => record! with { Exit = exit });
                _admission.Update();
            });

            Assert.True(_admission.VerdictOf(web.Name).Fits);
        }
    }

    [Fact]
    public void TryReserve_TwoStartAtOnce_HaveTheMemoryOneAfterTheOther()
    {
        VmSpec one = Specs.Vm("one") with { MemoryMib = 100 }, other = Specs.Vm("other") with { MemoryMib = 100 };

        Assert.True(_admission.TryReserve(one));
        Assert.False(_admission.TryReserve(other));
        Assert.Equal((Budget - 108L, (long)Budget), (_admission.FreeMib(other.Name), _admission.FreeMib(one.Name)));

        _admission.Release(one.Name);
        Assert.True(_admission.TryReserve(other));
    }

    public void Dispose() => _directory.Dispose();
}
