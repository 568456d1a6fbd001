package cases

// severityTerms hold what makes a case urgent (a person may be in need now) or serious (it
// cost the customer much). Written from general knowledge.
var severityTerms = terms{
	"en": {
		"urgent":  "stranded,emergency,ambulance,medical,medication*,medicine,insulin,wheelchair*,injur*,bleeding,unconscious,fire,smoke,unsafe,child alone,kid alone,unaccompanied,funeral,dying,hospital,heart attack,asthma*,no water for,left alone,threat*,assault*,harass*,sleeping on the floor,sleep on the floor,sleep at the airport,sleeping at the airport,sleep in the airport,no hotel,leaves in an hour,boarding now",
		"serious": "cancel*led,canceled,lost my bag*,lost my luggage,lost bag*,lost luggage,never fly*,never again,hours late,hours delay*,hour delay*,for hours,hours on,hours and,hrs,missed my connection,missed our connection,missed connection*,missed my flight,missed our flight,missed a flight,overnight,days,weeks,months,lawyer*,sue,lawsuit,court,stolen,wedding,honeymoon,overcharged,charged twice,hung up,last time,worst,unacceptable,ruined,no response,refused,denied",
	},
	"nl": {
		"urgent":  "gestrand*,noodgeval*,ambulance,medicijn*,insuline,rolstoel*,gewond*,brand,rook,onveilig*,kind alleen,begrafenis,uitvaart,ziekenhuis*,slapen op de grond,op de grond slapen,geen hotel,bedreig*,aangerand*",
		"serious": "geannuleerd*,koffer kwijt,koffer* kwijt,kwijt,verloren,nooit meer,uur vertraging,uren vertraging,uren,aansluiting gemist,vlucht gemist,overnacht*,dagen,weken,maanden,advocaat*,rechter,gestolen,bruiloft,huwelijksreis,dubbel betaald,onacceptabel*,geen reactie,geweigerd*",
	},
	"de": {
		"urgent":  "gestrandet*,notfall*,krankenwagen*,medikament*,insulin*,rollstuhl*,verletz*,feuer,rauch,unsicher*,kind allein,beerdigung*,krankenhaus*,auf dem boden schlafen,kein hotel,bedroht,belastigt*",
		"serious": "annulliert*,gestrichen*,koffer verloren,verloren*,verschwunden*,nie wieder,stunden verspatung,stunden,anschluss verpasst,flug verpasst,ubernacht*,tage,tagen,wochen,monate*,anwalt*,gericht,gestohlen*,hochzeit*,flitterwochen,doppelt abgebucht,inakzeptabel*,keine antwort,verweiger*",
	},
	"fr": {
		"urgent":  "urgence*,ambulance,medicament*,insuline,fauteuil roulant,bless*,feu,fumee,danger*,enfant seul*,enterrement,obseques,hopital*,dormir par terre,dormir a l aeroport,sans hotel,pas d hotel,menac*,agress*,coinces,bloques a l aeroport",
		"serious": "annul*,valise perdue,bagage* perdu*,perdu*,plus jamais,heures de retard,heures,correspondance ratee,vol rate,rate notre vol,nuit a l,jours,semaines,mois,avocat*,tribunal,vole mon,mariage,lune de miel,debite deux fois,inadmissible*,inacceptable*,aucune reponse,refus*",
	},
	"es": {
		"urgent":  "emergencia*,ambulancia*,medicamento*,medicina*,insulina,silla de ruedas,herid*,fuego,humo,peligro*,nino solo,nina sola,funeral,entierro,hospital*,durmiendo en el suelo,dormir en el suelo,dormir en el aeropuerto,sin hotel,amenaz*,agred*,varad*,tirados",
		"serious": "cancel*,perdieron mi,perdido mi,maleta perdida,perdid*,nunca mas,horas de retraso,horas,perdi la conexion,perdi mi vuelo,perdimos el vuelo,dias,semanas,meses,abogad*,juzgado,robad*,boda,luna de miel,cobrado dos veces,inaceptable*,sin respuesta,negaron",
	},
	"it": {
		"urgent":  "emergenz*,ambulanz*,medicin*,farmac*,insulina,sedia a rotelle,ferit*,incendio,fumo,pericolo*,bambino solo,funerale,ospedale*,dormire per terra,dormire in aeroporto,senza hotel,senza albergo,minacc*,aggredit*,bloccati in aeroporto",
		"serious": "cancellat*,annullat*,valigia persa,perso la valigia,pers*,smarrit*,mai piu,ore di ritardo,ore,coincidenza persa,perso il volo,giorni,settimane,mesi,avvocat*,tribunale,rubat*,matrimonio,luna di miele,addebitato due volte,inaccettabil*,nessuna risposta,rifiut*",
	},
	"pt": {
		"urgent":  "emergencia*,ambulancia*,medicament*,remedio*,insulina,cadeira de rodas,ferid*,fogo,fumaca,fumo,perigo*,crianca sozinha,funeral,enterro,velorio,hospital*,dormir no chao,dormindo no chao,dormir no aeroporto,sem hotel,ameac*,agred*",
		"serious": "cancel*,mala perdida,perderam a minha,perderam minha,extravi*,perdid*,nunca mais,horas de atraso,horas,perdi a conexao,perdi o voo,dias,semanas,meses,advogad*,tribunal,justica,roubad*,casamento,lua de mel,cobrado duas vezes,inaceitavel*,sem resposta,recus*",
	},
	"tr": {"urgent": "acil*,ambulans*,ilac*,insulin*,tekerlekli sandalye*,yarali*,duman*,yangin*,cenaze*,hastane*,mahsur*,otel yok", "serious": "iptal*,kayip,kayb*,bir daha asla,saat rotar*,saat,gun,gunlerdir,hafta*,avukat*,kacirdim,kacirdik,cevap yok,dugun*"},
	"ja": {"urgent": "*緊急*,*救急*,*薬*,*インスリン*,*車椅子*,*怪我*,*煙*,*火災*,*葬*,*病院*,*立ち往生*,*ホテルがない*", "serious": "*欠航*,*紛失*,*届かない*,*届いていない*,*二度と*,*時間遅*,*時間待*,*週間*,*日間*,*弁護士*,*乗り遅れ*,*返事がない*,*結婚式*"},
	"ru": {"urgent": "срочно*,скорая,лекарств*,инсулин*,инвалидн*,травм*,дым,пожар*,похорон*,больниц*,застрял*,без гостиницы", "serious": "отмен*,потеря*,никогда больше,больше никогда,часов,дней,недел*,месяц*,адвокат*,юрист*,суд,украли,опоздал*,пропустил*,нет ответа,свадьб*"},
}
